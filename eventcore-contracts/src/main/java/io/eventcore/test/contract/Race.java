package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Starts several runners at the same moment, each on its own thread, and waits for all of them.
 *
 * @since 0.1
 */
public final class Race {
    /** A hang must fail the test rather than stop the build. */
    private static final long PATIENCE_SECONDS = 60;

    private Race() {}

    /** Runs all runners and returns their results in the order given. If one of them fails, the call fails. */
    public static <T> List<T> run(List<? extends Callable<? extends T>> runners) {
        ExecutorService threads = Executors.newFixedThreadPool(runners.size());
        CyclicBarrier start = new CyclicBarrier(runners.size());
        try {
            List<Future<T>> running = new ArrayList<>();
            for (Callable<? extends T> runner : runners) {
                running.add(threads.submit(() -> {
                    start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    return runner.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> result : running) {
                results.add(result.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
            return results;
        } catch (ExecutionException e) {
            throw new AssertionError("A runner failed", e.getCause());
        } catch (TimeoutException e) {
            return fail("A runner did not finish within " + PATIENCE_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("Interrupted while waiting for the runners", e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Runs the same task several times at once; each receives its number, 0 for the first. */
    public static <T> List<T> run(int times, Numbered<T> runner) {
        List<Callable<T>> runners = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            int number = i;
            runners.add(() -> runner.call(number));
        }
        return run(runners);
    }

    /** Runs one runner alone on another thread, and waits for it. */
    public static <T> T elsewhere(Callable<T> runner) {
        return run(List.of(runner)).get(0);
    }

    /**
     * One of several equal runners.
     *
     * @since 0.1
     */
    @FunctionalInterface
    public interface Numbered<T> {
        /** Runs as this number. */
        T call(int number) throws Exception;
    }
}
