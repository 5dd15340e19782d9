package io.eventcore.internal;

import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;

/**
 * A register behind a combiner, for a checker that runs its operations in many orders of their threads' steps: each must
 * answer as if it had run alone, and none may wait for ever.
 *
 * <p>An answer tells what the register held before, so one that is handed to another caller is wrong in any order.
 */
public class CombinerSchedules {
    private static final int HARMFUL = -1;

    /** What waits; the lock of the combiner is held. */
    private final Deque<Add> waiting = new ArrayDeque<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Combiner<Add, Integer> combiner = new Combiner<>(lock, new Rules());

    /** How many callers keep all requests waiting; guarded by the lock. */
    private int holding;

    /** Guarded by nothing: one group is under way at a time. */
    private int register;

    /** Adds, and tells what was there before. */
    @Operation
    public int add(@Param(gen = IntGen.class) int amount) {
        while (true) {
            try {
                int before = combiner.submit(new Add(amount));
                if (before >= 0) {
                    return before;
                }
            } catch (StackOverflowError ofTheLeader) {
                // Nothing was added; the group is done.
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Adds if a group takes it along at once, or leads one; adds by itself otherwise, as another operation. */
    @Operation
    public int addWithin(@Param(gen = IntGen.class) int amount) {
        try {
            Optional<Integer> before = combiner.submitWithin(new Add(amount), 0);
            return before.isPresent() && before.get() >= 0 ? before.get() : add(amount);
        } catch (StackOverflowError ofTheLeader) {
            return add(amount);
        }
    }

    /** Adds by two calls, and lets no request lead in between. */
    @Operation
    public int addHolding(@Param(gen = IntGen.class) int amount) {
        Add add = new Add(amount);
        hold(1);
        combiner.arrive(add);
        hold(-1);
        combiner.leadIfDue();
        try {
            int before = combiner.await(add);
            return before >= 0 ? before : add(amount);
        } catch (StackOverflowError ofTheLeader) {
            return add(amount);
        }
    }

    private void hold(int more) {
        lock.lock();
        try {
            holding += more;
        } finally {
            lock.unlock();
        }
    }

    /** Makes the leader of its group die, whichever that is. */
    @Operation
    public void harm() throws InterruptedException {
        try {
            combiner.submit(new Add(HARMFUL));
        } catch (StackOverflowError expected) {
            // It led.
        }
    }

    /** What the operations amount to, one after the other: a combiner that is broken would wait for ever alone too. */
    public static class Register {
        private int held;

        /** Adds. */
        public int add(int amount) {
            held += amount;
            return held - amount;
        }

        /** Adds. */
        public int addWithin(int amount) {
            return add(amount);
        }

        /** Adds. */
        public int addHolding(int amount) {
            return add(amount);
        }

        /** Changes nothing. */
        public void harm() {}
    }

    private static final class Add extends Combiner.Ticket<Integer> {
        private final int amount;

        private Add(int amount) {
            this.amount = amount;
        }
    }

    private final class Rules implements Combiner.Policy<Add, Integer> {
        @Override
        public void arrive(Add request) {
            waiting.add(request);
        }

        @Override
        public void withdraw(Add request) {
            waiting.remove(request);
        }

        @Override
        public @Nullable Add nextLeader(int underWay) {
            return underWay == 0 && holding == 0 ? waiting.poll() : null;
        }

        @Override
        public void gather(Combiner.Group<Add> group) {
            Add next = waiting.peek();
            while (next != null && group.size() < 2) {
                group.add(next);
                waiting.remove();
                next = waiting.peek();
            }
        }

        @Override
        public List<Integer> carryOut(List<Add> group) {
            List<Integer> before = new ArrayList<>();
            int sum = register;
            for (Add each : group) {
                if (each.amount == HARMFUL) {
                    throw new StackOverflowError();
                }
                before.add(sum);
                sum += each.amount;
            }
            register = sum;
            return Collections.unmodifiableList(before);
        }

        @Override
        public Integer withoutAnswer(Add request) {
            return -1;
        }
    }

    /** Runs some operations beside each other in many orders; throws what was found wrong, with the steps to it. */
    static void check(Class<?> operations, int orders) throws NoSuchMethodException {
        Method add = operations.getMethod("add", int.class);
        Method addWithin = operations.getMethod("addWithin", int.class);
        Method addHolding = operations.getMethod("addHolding", int.class);
        Actor harm = new Actor(operations.getMethod("harm"), List.of());
        new ModelCheckingOptions()
                .iterations(0)
                .addCustomScenario(
                        beside(List.of(List.of(actor(add, 1)), List.of(actor(add, 2)), List.of(actor(add, 4)))))
                .addCustomScenario(
                        beside(List.of(List.of(actor(add, 1), harm), List.of(actor(add, 2)), List.of(actor(add, 4)))))
                .addCustomScenario(beside(List.of(List.of(actor(add, 1)), List.of(actor(addWithin, 2), actor(add, 4)))))
                .addCustomScenario(beside(
                        List.of(List.of(actor(addHolding, 1)), List.of(actor(addHolding, 2)), List.of(actor(add, 4)))))
                .addCustomScenario(beside(List.of(List.of(actor(addHolding, 1), harm), List.of(actor(add, 2)))))
                .invocationsPerIteration(orders)
                .minimizeFailedScenario(false)
                .sequentialSpecification(Register.class)
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(StackReserve.class.getName())
                        .allMethods()
                        .ignore())
                .check(operations);
    }

    private static ExecutionScenario beside(List<List<Actor>> threads) {
        return new ExecutionScenario(List.of(), threads, List.of(), null);
    }

    private static Actor actor(Method operation, int amount) {
        return new Actor(operation, List.of(amount));
    }
}
