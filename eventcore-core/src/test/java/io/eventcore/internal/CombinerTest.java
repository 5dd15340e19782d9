package io.eventcore.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is carried out with whom and by whose thread, and what becomes of each when a thread or the policy comes to harm. */
@Timeout(60)
class CombinerTest {
    private static final int MAX_MEMBERS = 4;
    private static final long HOUR = Duration.ofHours(1).toNanos();
    private static final List<Error> ERRORS = List.of(new StackOverflowError(), new OutOfMemoryError("made up"));

    private final Desk desk = new Desk(1);

    @Test
    void a_request_that_is_alone_is_carried_out_alone_and_at_once_by_its_thread() throws Exception {
        assertThat(desk.combiner.submit(new Request("a"))).isEqualTo("done: a");
        assertThat(desk.combiner.submitWithin(new Request("b"), 0)).contains("done: b");

        assertThat(desk.groups).containsExactly(List.of("a"), List.of("b"));
        assertThat(desk.leaders).containsOnly(Thread.currentThread());
    }

    @Test
    void what_gathers_while_a_group_is_under_way_is_carried_out_by_the_first_of_them() {
        Caller first = desk.heldCaller("first");
        List<Caller> others = desk.waitingCallers("a", "b", "c", "d", "e", "f");
        desk.release();

        first.assertDone();
        others.forEach(Caller::assertDone);
        assertThat(desk.groups).containsExactly(List.of("first"), List.of("a", "b", "c", "d"), List.of("e", "f"));
        assertThat(desk.leaders).containsExactly(first.thread, others.get(0).thread, others.get(4).thread);
    }

    @Test
    void as_many_groups_are_under_way_as_the_policy_lets() {
        Desk two = new Desk(2);
        Caller first = two.heldCaller("first");
        Caller second = two.heldCaller("second");
        Caller third = two.waitingCaller("third");
        two.release();

        List.of(first, second, third).forEach(Caller::assertDone);
        assertThat(two.most.get()).isEqualTo(2);
    }

    @Test
    void an_interruption_takes_back_what_waits_and_lets_what_stood_behind_it_go_on() {
        Caller first = desk.heldCaller("first");
        Caller interrupted = desk.waitingCaller("a");
        Caller other = desk.waitingCaller("b");
        interrupted.thread.interrupt();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(interrupted::answer)
                .withCauseInstanceOf(InterruptedException.class);
        assertThat(interrupted.endedInterrupted).isFalse();
        desk.release();
        first.assertDone();
        other.assertDone();
        assertThat(desk.groups).containsExactly(List.of("first"), List.of("b"));
    }

    @Test
    void an_interruption_is_kept_for_later_where_the_caller_wants_that() {
        Caller first = desk.heldCaller("first");
        Caller interrupted = desk.patientCaller("a", HOUR);
        interrupted.thread.interrupt();
        desk.release();

        first.assertDone();
        interrupted.assertDone();
        assertThat(interrupted.endedInterrupted).isTrue();
    }

    @Test
    void an_interruption_of_what_is_under_way_hides_no_answer_and_disturbs_no_group() {
        Caller first = desk.heldCaller("first");
        Caller leader = desk.waitingCaller("a");
        Caller follower = desk.waitingCaller("b");
        desk.releaseAndHold("a");
        follower.thread.interrupt();
        leader.thread.interrupt();
        desk.release();

        List.of(first, leader, follower).forEach(Caller::assertDone);
        assertThat(leader.endedInterrupted).isTrue();
        assertThat(follower.endedInterrupted).isTrue();
    }

    @Test
    void a_thread_that_is_interrupted_already_carries_its_group_out_with_its_flag_cleared() throws Exception {
        Thread.currentThread().interrupt();
        String answer = desk.combiner.submit(new Request("a"));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(answer).isEqualTo("done: a");
        assertThat(desk.ledInterrupted).isFalse();
    }

    @Test
    void one_that_arrives_by_a_call_of_its_own_is_in_line_until_it_is_waited_for() throws Exception {
        Caller first = desk.heldCaller("first");
        Request arrived = new Request("arrived");
        desk.combiner.arrive(arrived);
        Caller behind = desk.waitingCaller("a");
        desk.release();

        assertThat(desk.combiner.await(arrived)).isEqualTo("done: arrived");
        first.assertDone();
        behind.assertDone();
        assertThat(desk.groups).containsExactly(List.of("first"), List.of("arrived", "a"));
    }

    @Test
    void an_interruption_of_one_that_has_arrived_is_kept_for_later() throws Exception {
        Request arrived = new Request("arrived");
        desk.combiner.arrive(arrived);
        Thread.currentThread().interrupt();
        String answer = desk.combiner.await(arrived);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(answer).isEqualTo("done: arrived");
        assertThat(desk.ledInterrupted).isFalse();
    }

    @Test
    void a_policy_that_has_changed_its_mind_is_asked_again() {
        desk.closed = true;
        List<Caller> all = desk.waitingCallers("a", "b");
        desk.closed = false;
        assertThat(desk.groups).isEmpty();
        desk.combiner.leadIfDue();

        all.forEach(Caller::assertDone);
        assertThat(desk.groups).containsExactly(List.of("a", "b"));
    }

    @Test
    void one_that_waits_for_a_policy_that_is_not_asked_again_asks_itself() {
        desk.closed = true;
        Request arrived = new Request("arrived");
        desk.combiner.arrive(arrived);
        desk.closed = false;

        assertThat(desk.combiner.await(arrived)).isEqualTo("done: arrived");
    }

    @Test
    void one_that_could_not_arrive_is_not_in_line() throws Exception {
        for (Error harm : ERRORS) {
            desk.failsOnce("arrive", harm);
            assertThatExceptionOfType(Error.class)
                    .isThrownBy(() -> desk.combiner.arrive(new Request("refused")))
                    .isSameAs(harm);
        }

        assertThat(desk.combiner.submit(new Request("a"))).isEqualTo("done: a");
        assertThat(desk.groups).containsExactly(List.of("a"));
    }

    @Test
    void what_no_group_takes_along_in_time_is_taken_back() {
        Caller first = desk.heldCaller("first");

        assertThat(desk.combiner.submitWithin(new Request("a"), 1)).isEmpty();

        desk.release();
        first.assertDone();
        assertThat(desk.groups).containsExactly(List.of("first"));
    }

    @Test
    void what_a_group_has_taken_along_is_waited_for_however_long_that_takes() {
        Caller first = desk.heldCaller("first");
        Caller leader = desk.waitingCaller("a");
        Caller follower = desk.patientCaller("b", HOUR);
        desk.releaseAndHold("a");
        while (follower.thread.getState() != Thread.State.WAITING) {
            follower.thread.interrupt();
            Thread.onSpinWait();
        }
        desk.release();

        List.of(first, leader, follower).forEach(Caller::assertDone);
    }

    @Test
    void a_leader_that_dies_tells_its_caller_alone_and_the_next_group_is_carried_out() throws Exception {
        for (Error harm : ERRORS) {
            Caller first = desk.heldCaller("first");
            Caller leader = desk.waitingCaller("harm");
            List<Caller> followers = desk.waitingCallers("a", "b", "c");
            Caller behind = desk.waitingCaller("d");
            desk.harm = harm;
            desk.release();

            first.assertDone();
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(leader::answer)
                    .withCause(harm);
            for (Caller follower : followers) {
                assertThat(follower.answer()).isEqualTo("no answer");
            }
            behind.assertDone();
            assertThat(desk.combiner.submit(new Request("after"))).isEqualTo("done: after");
        }
    }

    @Test
    void a_policy_that_fails_leaves_no_request_waiting() throws Exception {
        for (String place : List.of("arrive", "gather", "settle")) {
            for (Error harm : ERRORS) {
                Caller first = desk.heldCaller("first");
                List<Caller> others = desk.waitingCallers("a", "b", "c", "d", "e", "f");
                desk.failsOnce(place, harm);
                if (place.equals("arrive")) {
                    assertThatExceptionOfType(Error.class)
                            .isThrownBy(() -> desk.combiner.submit(new Request("refused")))
                            .isSameAs(harm);
                }
                desk.release();

                List<Caller> all = new ArrayList<>(others);
                all.add(first);
                int harmed = 0;
                for (Caller caller : all) {
                    harmed += caller.isHarmedBy(harm) ? 1 : 0;
                }
                assertThat(harmed).as(place).isEqualTo(place.equals("arrive") ? 0 : 1);
                assertThat(desk.combiner.submit(new Request("after"))).isEqualTo("done: after");
                assertThat(desk.groups.stream().flatMap(List::stream)).doesNotContain("refused");
            }
        }
    }

    @Test
    void too_few_answers_leave_the_rest_without_one() throws Exception {
        Caller first = desk.heldCaller("first");
        Caller leader = desk.waitingCaller("a");
        Caller follower = desk.waitingCaller("b");
        desk.forgets = "b";
        desk.release();

        first.assertDone();
        leader.assertDone();
        assertThat(follower.answer()).isEqualTo("no answer");
    }

    @Test
    void what_a_group_has_settled_is_answered_and_not_carried_out() throws Exception {
        Caller first = desk.heldCaller("first");
        Caller settled = desk.waitingCaller("settled");
        Caller other = desk.waitingCaller("a");
        desk.settles = "settled";
        desk.release();

        first.assertDone();
        other.assertDone();
        assertThat(settled.answer()).isEqualTo("settled: settled");
        assertThat(desk.groups).containsExactly(List.of("first"), List.of("a"));
    }

    @Test
    void a_stack_that_is_nearly_used_up_ends_before_the_request_arrives() throws Exception {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Runnable deep = () -> {
            try {
                submitAtTheEndOfTheStack(new int[] {1});
            } catch (StackOverflowError e) {
                end.complete(e);
            }
        };
        new Thread(null, deep, "deep", 512 * 1024).start();

        assertThat(join(end)).isInstanceOf(StackOverflowError.class);
        assertThat(desk.groups).isEmpty();
        assertThat(desk.combiner.submit(new Request("a"))).isEqualTo("done: a");
    }

    /** Goes down to where the stack ends, and submits one frame before. */
    @SuppressWarnings("InfiniteRecursion") // That is what it is for.
    private void submitAtTheEndOfTheStack(int[] tries) {
        try {
            submitAtTheEndOfTheStack(tries);
        } catch (StackOverflowError e) {
            if (tries[0]-- > 0) {
                desk.combiner.submitWithin(new Request("deep"), 0);
            }
            throw e;
        }
    }

    /** Random requests of many threads, some impatient, some interrupted, some the death of their leader. */
    @Test
    void whatever_the_schedule_each_request_is_carried_out_at_most_once_and_gets_its_own_answer() {
        for (int groups = 1; groups <= 3; groups++) {
            Desk busy = new Desk(groups);
            List<CompletableFuture<Integer>> ends = new ArrayList<>();
            for (int seed = 0; seed < 24; seed++) {
                Random random = new Random(seed);
                String name = "r" + seed + "-";
                CompletableFuture<Integer> end = new CompletableFuture<>();
                ends.add(end);
                new Thread(() -> {
                            try {
                                int done = 0;
                                for (int i = 0; i < 300; i++) {
                                    done += busy.submitSomehow(name + i, random) ? 1 : 0;
                                }
                                end.complete(done);
                            } catch (RuntimeException | Error e) {
                                end.completeExceptionally(e);
                            }
                        })
                        .start();
            }

            int done = ends.stream().mapToInt(CombinerTest::join).sum();
            List<String> carriedOut = busy.groups.stream().flatMap(List::stream).toList();
            assertThat(carriedOut).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(done);
            assertThat(busy.most.get()).isLessThanOrEqualTo(groups);
            assertThat(busy.groups).allMatch(group -> group.size() <= MAX_MEMBERS);
            assertThat(busy.waiting).isEmpty();
        }
    }

    private static <T> T join(CompletableFuture<T> end) {
        try {
            return end.get(60, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("A caller did not come to its end", e);
        }
    }

    private static final class Request extends Combiner.Ticket<String> {
        private final String name;

        private Request(String name) {
            this.name = name;
        }
    }

    /** Carries out what waits in the order of arrival, and can be made to wait or to fail. */
    private static final class Desk implements Combiner.Policy<Request, String> {
        private final Combiner<Request, String> combiner = new Combiner<>(new ReentrantLock(), this);
        private final int maxGroups;
        private final Deque<Request> waiting = new ArrayDeque<>();
        private final List<List<String>> groups = new CopyOnWriteArrayList<>();
        private final List<Thread> leaders = new CopyOnWriteArrayList<>();
        private final AtomicInteger under = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile CountDownLatch reached = new CountDownLatch(0);
        private volatile String holds = "";
        private volatile String settles = "";
        private volatile String forgets = "";
        private volatile String failsAt = "";
        private volatile @Nullable Error harm;
        private volatile boolean ledInterrupted;
        private volatile boolean closed;

        private Desk(int maxGroups) {
            this.maxGroups = maxGroups;
        }

        @Override
        public void arrive(Request request) {
            waiting.add(request);
            failIfToldTo("arrive");
        }

        @Override
        public void withdraw(Request request) {
            waiting.remove(request);
        }

        @Override
        public @Nullable Request nextLeader(int underWay) {
            return underWay < maxGroups && !closed ? waiting.poll() : null;
        }

        @Override
        public void gather(Combiner.Group<Request> group) {
            if (!waiting.isEmpty()) {
                failIfToldTo("gather");
            }
            for (Request next = waiting.peek(); next != null && group.size() < MAX_MEMBERS; next = waiting.peek()) {
                group.add(next);
                waiting.remove();
            }
        }

        @Override
        public List<String> carryOut(List<Request> group) {
            most.accumulateAndGet(under.incrementAndGet(), Math::max);
            try {
                List<String> names = group.stream().map(request -> request.name).toList();
                groups.add(names);
                leaders.add(Thread.currentThread());
                ledInterrupted |= Thread.currentThread().isInterrupted();
                if (names.contains(holds)) {
                    CountDownLatch closed = gate;
                    reached.countDown();
                    awaitUninterruptibly(closed);
                }
                Error toThrow = harm;
                if (toThrow != null && names.stream().anyMatch(name -> name.startsWith("harm"))) {
                    throw toThrow;
                }
                return names.stream()
                        .filter(name -> !name.equals(forgets))
                        .map(name -> "done: " + name)
                        .toList();
            } finally {
                under.decrementAndGet();
            }
        }

        @Override
        public void settle(List<String> answers, BiConsumer<Request, String> answer) {
            List.copyOf(waiting).stream()
                    .filter(request -> request.name.equals(settles))
                    .forEach(request -> answer.accept(request, "settled: " + request.name));
            failIfToldTo("settle");
        }

        @Override
        public String withoutAnswer(Request request) {
            return "no answer";
        }

        private void failIfToldTo(String place) {
            Error toThrow = harm;
            if (toThrow != null && place.equals(failsAt)) {
                failsAt = "";
                throw toThrow;
            }
        }

        void failsOnce(String place, Error error) {
            harm = error;
            failsAt = place;
        }

        /** A caller whose group is under way until it is released. */
        Caller heldCaller(String name) {
            if (gate.getCount() == 0) {
                gate = new CountDownLatch(1);
            }
            reached = new CountDownLatch(1);
            holds = name;
            Caller caller = new Caller(this, name, Optional.empty());
            while (reached.getCount() > 0) {
                assertThat(caller.answer).as("its group is to be held").isNotDone();
                Thread.onSpinWait();
            }
            return caller;
        }

        Caller waitingCaller(String name) {
            Caller caller = new Caller(this, name, Optional.empty());
            caller.awaitState(Thread.State.WAITING);
            return caller;
        }

        List<Caller> waitingCallers(String... names) {
            return IntStream.range(0, names.length)
                    .mapToObj(i -> waitingCaller(names[i]))
                    .toList();
        }

        Caller patientCaller(String name, long nanos) {
            Caller caller = new Caller(this, name, Optional.of(nanos));
            caller.awaitState(Thread.State.TIMED_WAITING);
            return caller;
        }

        void release() {
            gate.countDown();
        }

        /** Lets what is held go on, and waits until the group with this one is held instead. */
        void releaseAndHold(String name) {
            CountDownLatch before = gate;
            gate = new CountDownLatch(1);
            reached = new CountDownLatch(1);
            holds = name;
            before.countDown();
            awaitUninterruptibly(reached);
        }

        /** Submits a request in one of all ways; whether it was carried out as far as its caller knows. */
        boolean submitSomehow(String name, Random random) {
            harm = ERRORS.get(0);
            int way = random.nextInt(10);
            try {
                if (way == 0) {
                    Thread.currentThread().interrupt();
                }
                if (way <= 4) {
                    return isOwnAnswer(name, combiner.submit(new Request(name)));
                }
                String told = way == 5 ? "harm-" + name : name;
                Optional<String> answer = combiner.submitWithin(new Request(told), way == 6 ? HOUR : 1_000L * way);
                return answer.isPresent() && isOwnAnswer(told, answer.get());
            } catch (InterruptedException takenBack) {
                assertThat(way).isZero();
                return false;
            } catch (StackOverflowError ofTheLeader) {
                return false;
            } finally {
                assertThat(Thread.interrupted()).isIn(false, way == 0);
            }
        }

        private static boolean isOwnAnswer(String name, String answer) {
            assertThat(answer).isIn("done: " + name, "no answer");
            return answer.startsWith("done");
        }

        private static void awaitUninterruptibly(CountDownLatch latch) {
            boolean interrupted = false;
            while (latch.getCount() > 0) {
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One request on a thread of its own. */
    private static final class Caller {
        private final String name;
        private final CompletableFuture<String> answer = new CompletableFuture<>();
        private final Thread thread;
        private volatile boolean endedInterrupted;

        private Caller(Desk desk, String name, Optional<Long> patience) {
            this.name = name;
            this.thread = new Thread(() -> run(desk, patience));
            this.thread.start();
        }

        private void run(Desk desk, Optional<Long> patience) {
            try {
                String given = patience.isEmpty()
                        ? desk.combiner.submit(new Request(name))
                        : desk.combiner
                                .submitWithin(new Request(name), patience.get())
                                .orElse("taken back");
                endedInterrupted = Thread.currentThread().isInterrupted();
                answer.complete(given);
            } catch (InterruptedException | RuntimeException | Error e) {
                endedInterrupted = Thread.currentThread().isInterrupted();
                answer.completeExceptionally(e);
            }
        }

        void awaitState(Thread.State state) {
            while (thread.getState() != state) {
                assertThat(answer).as("the caller is to wait").isNotDone();
                Thread.onSpinWait();
            }
        }

        String answer() throws ExecutionException {
            try {
                return answer.get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("The caller has no answer", e);
            }
        }

        void assertDone() {
            try {
                assertThat(answer()).isEqualTo("done: " + name);
            } catch (ExecutionException e) {
                throw new AssertionError("The request failed", e.getCause());
            }
        }

        boolean isHarmedBy(Error harm) {
            try {
                answer();
                return false;
            } catch (ExecutionException e) {
                assertThat(e.getCause()).isSameAs(harm);
                return true;
            }
        }
    }
}
