package io.eventcore.test.chaos;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Decides what goes wrong.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface FaultPlan {
    /** What happens at the next call: one of its {@link JdbcCall#faults()}, or {@link Fault#NONE}. */
    Fault next(JdbcCall call);

    /** Nothing ever goes wrong. */
    static FaultPlan none() {
        return call -> Fault.NONE;
    }

    /**
     * Any fault at any call, at random. The same seed gives the same faults to the same sequence of calls; the calls of
     * several threads come in a different order each time.
     *
     * @param probability how likely a call is to fail, from 0 to 1
     */
    static FaultPlan seeded(long seed, double probability) {
        Random random = new Random(seed);
        return call -> {
            synchronized (random) {
                double dice = random.nextDouble();
                List<Fault> faults = call.faults();
                Fault fault = faults.get(random.nextInt(faults.size()));
                return dice < probability ? fault : Fault.NONE;
            }
        };
    }

    /**
     * One fault, once.
     *
     * @param number at which call of this kind, 1 for the first
     */
    static FaultPlan once(JdbcCall call, int number, Fault fault) {
        AtomicInteger calls = new AtomicInteger();
        return next -> next == call && calls.incrementAndGet() == number ? fault : Fault.NONE;
    }
}
