package io.eventcore.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Executes requests that arrive at the same time together, on the thread of one of them.
 *
 * <p>Each request is a {@link Ticket}. The first whose turn has come leads: its thread takes along what waits and fits,
 * carries out the group by one call and gives every ticket its own answer. Meanwhile others gather, and one of them
 * leads next. There is no thread of its own, so there is nothing to shut down. Which requests fit together, how many
 * groups are under way at once and how a group is carried out is up to the {@link Policy}.
 *
 * <p>A request is submitted by one call, or by two: {@link #arrive} puts it in line, {@link #await} waits for its
 * answer. So a thread can let others go on in between that build on what it asks for.
 *
 * <ul>
 * <li><em>Interruption.</em> Of a thread whose ticket waits, it takes the ticket back, or is kept for later: the
 * caller chooses. Once the ticket is in a group it changes nothing: the answer is waited for. A group is carried out
 * with the interrupt flag cleared. The flag is set again when the call returns.
 * <li><em>Failure.</em> Whatever the thread of the leader throws, errors included, is thrown to its own caller. Each
 * other member without an answer asks the policy, on its own thread, what that means. The next leader is appointed
 * first.
 * <li><em>Memory and stack.</em> Only to arrive and to gather takes memory; to let go, to appoint and to wake takes
 * none. A stack that is nearly used up overflows before the ticket arrives.
 * </ul>
 *
 * <p>Safe for any number of threads, virtual ones included.
 *
 * @param <Q> the requests
 * @param <A> the answers
 */
public final class Combiner<Q extends Combiner.Ticket<A>, A> {
    private static final long FOREVER = Long.MAX_VALUE;

    /** More than the deepest way through this class and a policy, but for what carries out: that may overflow the stack. */
    private static final int OWN_FRAMES = 50;

    /** How long a request that arrived by a call of its own waits until its thread asks the policy itself who leads. */
    private static final long ASK_AGAIN_NANOS = 100_000_000;

    private final ReentrantLock lock;
    private final Policy<Q, A> policy;

    /** How many groups have a leader and are not done. */
    private int underWay;

    /**
     * Combines requests.
     *
     * @param lock guards the line of those that wait, and with it what the policy keeps
     */
    public Combiner(ReentrantLock lock, Policy<Q, A> policy) {
        this.lock = lock;
        this.policy = policy;
    }

    /**
     * The line of those that wait, and what is done with a group. Each method but {@link #carryOut} and
     * {@link #withoutAnswer} is called with the lock held, and must not wait. Those that need memory say so.
     *
     * @param <Q> the requests
     * @param <A> the answers
     */
    public interface Policy<Q extends Ticket<A>, A> {
        /** Puts a request in line. If this throws, {@link #withdraw} undoes what was done. May need memory. */
        void arrive(Q request);

        /** Takes a request out of the line that is in no group. */
        void withdraw(Q request);

        /**
         * Takes the request out of the line that is to lead the next group; null if there is none, or no further group is
         * to begin.
         *
         * @param underWay how many groups are not done
         */
        @Nullable
        Q nextLeader(int underWay);

        /**
         * Takes along what waits and fits together: each request is added to the group first and then taken out of the
         * line. May need memory.
         */
        void gather(Group<Q> group);

        /**
         * Carries out a group, without the lock, on the thread of its leader.
         *
         * @return an answer for each, in their order
         */
        List<A> carryOut(List<Q> group);

        /** A request that was taken out of the line, as a leader or as a member, is done. */
        default void release(Q request) {}

        /**
         * Answers requests that still wait and need not be carried out any more, after a group was. May need memory.
         *
         * @param answers those of the group; fewer than it has members if it failed
         * @param answer takes a request out of the line and gives it an answer
         */
        default void settle(List<A> answers, BiConsumer<Q, A> answer) {}

        /** What it means for a member that its group has failed before it had an answer. Called on the thread of the member. */
        A withoutAnswer(Q request);
    }

    /**
     * A request of the thread that makes it, to be submitted once.
     *
     * @param <A> the answers
     */
    public abstract static class Ticket<A> {
        private final Thread thread = Thread.currentThread();
        private @Nullable A answer;

        /** Changed with the lock held, but for what the thread of the group's leader does. */
        private volatile State state = State.NEW;

        private void answer(A given) {
            answer = given;
            state = State.ANSWERED;
        }

        private void wake() {
            if (thread != Thread.currentThread()) {
                LockSupport.unpark(thread);
            }
        }
    }

    private enum State {
        /** Is not in line yet. */
        NEW,
        /** Is in line. */
        WAITS,
        /** Was appointed to lead a group, which has not begun. */
        LEADS,
        /** Is in a group. */
        TAKEN,
        /** Has its answer. */
        ANSWERED,
        /** Its group has failed before it had an answer. */
        UNANSWERED,
        /** Was taken back. */
        GONE
    }

    /**
     * Those that are carried out together, the leader first.
     *
     * @param <Q> the requests
     */
    public static final class Group<Q extends Ticket<?>> {
        private final List<Q> members = new ArrayList<>();

        private Group(Q leader) {
            members.add(leader);
        }

        /** Takes a request in. */
        public void add(Q request) {
            members.add(request);
            Ticket<?> ticket = request;
            ticket.state = State.TAKEN;
        }

        /** The leader. */
        public Q leader() {
            return members.get(0);
        }

        /** How many are in it. */
        public int size() {
            return members.size();
        }
    }

    /**
     * Waits for the answer to a request.
     *
     * @throws InterruptedException if the thread was interrupted while the request waited; it was taken back, and is not
     *     carried out
     */
    public A submit(Q request) throws InterruptedException {
        Optional<A> answer = submit(request, FOREVER, true);
        if (answer.isEmpty()) {
            throw new InterruptedException("The request was taken back");
        }
        return answer.get();
    }

    /**
     * Waits for the answer to a request, and after some time only if it is in a group by then. An interruption is kept for
     * later.
     *
     * @return empty if it was taken back, and is not carried out
     */
    public Optional<A> submitWithin(Q request, long nanos) {
        return submit(request, nanos, false);
    }

    private Optional<A> submit(Q request, long nanos, boolean interruptibly) {
        StackReserve.check(OWN_FRAMES);
        try {
            enter(request);
            await(request, nanos, interruptibly);
            Ticket<A> own = request;
            return own.state == State.GONE ? Optional.empty() : Optional.of(leadOrTakeAnswer(request));
        } catch (Throwable e) {
            abandon(request);
            throw e;
        }
    }

    /**
     * Puts a request in line. Unless this throws, its thread must {@link #await} the answer soon, whatever happens in
     * between: it may have to lead.
     */
    public void arrive(Q request) {
        StackReserve.check(OWN_FRAMES);
        try {
            enter(request);
        } catch (Throwable e) {
            abandon(request);
            throw e;
        }
    }

    /** Waits for the answer to a request that has arrived, however long that takes. An interruption is kept for later. */
    public A await(Q request) {
        try {
            awaitAndAskAgain(request);
            return leadOrTakeAnswer(request);
        } catch (Throwable e) {
            abandon(request);
            throw e;
        }
    }

    /**
     * Asks the policy again who leads, since something has changed on which that depends. It needs not be called after
     * this object has called the policy. Where a thread dies before it calls this, requests that wait in {@link #await}
     * ask after a while.
     */
    public void leadIfDue() {
        Q leader = null;
        lock.lock();
        try {
            leader = appoint();
        } finally {
            lock.unlock();
        }
        wake(leader);
    }

    private void enter(Q request) {
        Ticket<A> own = request;
        Q leader = null;
        lock.lock();
        try {
            own.state = State.WAITS;
            policy.arrive(request);
            leader = appoint();
        } finally {
            lock.unlock();
        }
        wake(leader);
    }

    /** Lets the next request lead a group, if the policy names one; the lock is held. */
    private @Nullable Q appoint() {
        Q next = policy.nextLeader(underWay);
        if (next != null) {
            underWay++;
            Ticket<A> leader = next;
            leader.state = State.LEADS;
        }
        return next;
    }

    private void wake(@Nullable Q request) {
        if (request != null) {
            Ticket<A> ticket = request;
            ticket.wake();
        }
    }

    private void awaitAndAskAgain(Q request) {
        Ticket<A> own = request;
        boolean interrupted = false;
        try {
            while (own.state == State.WAITS) {
                LockSupport.parkNanos(this, ASK_AGAIN_NANOS);
                interrupted |= Thread.interrupted();
                if (own.state == State.WAITS) {
                    leadIfDue();
                }
            }
            await(request, FOREVER, false);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void await(Q request, long nanos, boolean interruptibly) {
        Ticket<A> own = request;
        long begin = nanos == FOREVER ? 0 : System.nanoTime();
        boolean interrupted = false;
        try {
            State state = own.state;
            while (state == State.WAITS || state == State.TAKEN) {
                if (state == State.TAKEN || nanos == FOREVER) {
                    LockSupport.park(this);
                } else {
                    long left = nanos - (System.nanoTime() - begin);
                    if (left <= 0) {
                        withdraw(request);
                    } else {
                        LockSupport.parkNanos(this, left);
                    }
                }
                if (Thread.interrupted()) {
                    interrupted = !(interruptibly && withdraw(request));
                }
                state = own.state;
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Takes a request back that is in no group; whether it was. What waits behind it may lead now. */
    private boolean withdraw(Q request) {
        Ticket<A> own = request;
        Q leader = null;
        lock.lock();
        try {
            if (own.state != State.WAITS) {
                return false;
            }
            own.state = State.GONE;
            policy.withdraw(request);
            leader = appoint();
        } finally {
            lock.unlock();
        }
        wake(leader);
        return true;
    }

    /** The thread of a request goes away by an error: no other may count on it. */
    private void abandon(Q request) {
        Ticket<A> own = request;
        Q leader = null;
        lock.lock();
        try {
            if (own.state == State.WAITS) {
                own.state = State.GONE;
                policy.withdraw(request);
            } else if (own.state == State.LEADS) {
                own.state = State.GONE;
                underWay--;
                policy.release(request);
            }
            leader = appoint();
        } finally {
            lock.unlock();
        }
        wake(leader);
    }

    private A leadOrTakeAnswer(Q request) {
        Ticket<A> own = request;
        if (own.state == State.LEADS) {
            boolean interrupted = Thread.interrupted();
            try {
                lead(request);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        A given = own.answer;
        return given == null ? policy.withoutAnswer(request) : given;
    }

    private void lead(Q request) {
        Ticket<A> own = request;
        own.state = State.TAKEN;
        Group<Q> group = null;
        List<A> answers = List.of();
        try {
            group = new Group<>(request);
            gather(group);
            answers = policy.carryOut(group.members);
        } finally {
            try {
                handOver(request, group, answers);
            } finally {
                giveOut(group, answers);
            }
        }
    }

    private void gather(Group<Q> group) {
        lock.lock();
        try {
            policy.gather(group);
        } finally {
            lock.unlock();
        }
    }

    /** Lets the next one lead before the answers go out: to wake many threads takes longer than to carry out a group. */
    private void handOver(Q leader, @Nullable Group<Q> group, List<A> answers) {
        List<Q> settled = List.of();
        Q next = null;
        lock.lock();
        try {
            underWay--;
            // Whatever goes wrong from here on, others must not wait for a leader that never comes.
            try {
                release(leader, group);
                settled = new ArrayList<>();
                settle(answers, settled);
            } finally {
                next = appoint();
            }
        } finally {
            lock.unlock();
            wake(next);
            // By index: they must be woken even if memory is lacking for an iterator.
            for (int i = 0; i < settled.size(); i++) {
                wake(settled.get(i));
            }
        }
    }

    private void release(Q leader, @Nullable Group<Q> group) {
        if (group == null) {
            policy.release(leader);
        } else {
            for (int i = 0; i < group.size(); i++) {
                policy.release(group.members.get(i));
            }
        }
    }

    private void settle(List<A> answers, List<Q> settled) {
        policy.settle(answers, (request, answer) -> {
            Ticket<A> ticket = request;
            if (ticket.state == State.WAITS) {
                settled.add(request);
                policy.withdraw(request);
                ticket.answer(answer);
            }
        });
    }

    private void giveOut(@Nullable Group<Q> group, List<A> answers) {
        if (group == null) {
            return;
        }
        int next = 0;
        try {
            for (; next < group.size() && next < answers.size(); next++) {
                Ticket<A> member = group.members.get(next);
                member.answer(answers.get(next));
                member.wake();
            }
        } finally {
            for (; next < group.size(); next++) {
                Ticket<A> member = group.members.get(next);
                member.state = State.UNANSWERED;
                member.wake();
            }
        }
    }
}
