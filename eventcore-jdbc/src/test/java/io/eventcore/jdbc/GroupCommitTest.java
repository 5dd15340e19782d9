package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.AppendLimits;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.VersionConflictException;
import io.eventcore.jdbc.AppendResult.Conflict;
import io.eventcore.jdbc.AppendResult.Found;
import io.eventcore.jdbc.AppendResult.Unknown;
import io.eventcore.jdbc.AppendResult.Written;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.SerializedAppend;
import io.eventcore.serialization.internal.SerializedAppend.Participant;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who shares a batch with whom, and what becomes of each when the batch, its leader or a member comes to harm. */
@Timeout(60)
class GroupCommitTest {
    private static final EventSerializer SERIALIZER = new JacksonEventSerializer(LedgerEvent.types());
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");
    private static final StreamId C = StreamId.of("c");
    private static final StreamId GUARD = StreamId.of("guard");

    /** What each batch held, in the order in which they were sent. */
    private final List<List<SerializedAppend>> sent = new CopyOnWriteArrayList<>();

    private final FakeDatabase database = new FakeDatabase();

    @Test
    void an_append_that_is_alone_is_sent_alone_and_at_once() {
        GroupCommit group = group(100, 1_000_000);

        assertThat(group.submit(write(A, any()))).isInstanceOf(Written.class);
        assertThat(group.submit(write(A, any()))).isInstanceOf(Written.class);

        assertThat(sent).hasSize(2);
    }

    @Test
    void what_gathers_while_a_batch_is_under_way_is_the_next_batch() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(A, any()));
        List<Caller> others = IntStream.range(0, 20)
                .mapToObj(i -> waitingCaller(group, write(StreamId.of("s-" + i), any())))
                .toList();
        database.release();

        first.join();
        others.forEach(Caller::join);
        assertThat(sizes()).containsExactly(1, 20);
    }

    @Test
    void a_second_batch_is_sent_beside_the_first_once_many_wait_and_shares_no_stream_with_it() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(A, any()));
        Caller behindTheFirst = waitingCaller(group, relying(B, A));
        Caller behindThat = waitingCaller(group, write(B, any()));
        List<Caller> others = new ArrayList<>();
        for (int i = 3; i < GroupCommit.SECOND_LEADER_FROM; i++) {
            others.add(waitingCaller(group, write(StreamId.of("s-" + i), any())));
        }
        assertThat(sizes()).as("too few to be worth a second batch").containsExactly(1);
        others.add(new Caller(group, write(C, any())));

        others.forEach(Caller::join);
        assertThat(sizes()).containsExactly(1, GroupCommit.SECOND_LEADER_FROM - 2);
        assertThat(written(sent.get(1))).doesNotContain(A, B);
        database.release();
        List.of(first, behindTheFirst, behindThat).forEach(Caller::join);
        assertThat(database.violations).isEmpty();
    }

    @Test
    void many_that_wait_for_one_stream_get_no_second_batch() {
        GroupCommit group = group(100, 1_000_000);
        List<Caller> callers = new ArrayList<>(List.of(blockedCaller(group, write(A, any()))));
        for (int i = 0; i < 2 * GroupCommit.SECOND_LEADER_FROM; i++) {
            callers.add(waitingCaller(group, write(A, any())));
        }
        database.release();

        callers.forEach(Caller::join);
        assertThat(sizes()).hasSize(2 * GroupCommit.SECOND_LEADER_FROM + 1).containsOnly(1);
        assertThat(database.violations).isEmpty();
    }

    @Test
    void a_guard_that_all_rely_on_does_not_shrink_batches() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, relying(A, GUARD));
        List<Caller> others = IntStream.range(0, 20)
                .mapToObj(i -> waitingCaller(group, relying(StreamId.of("s-" + i), GUARD)))
                .toList();
        database.release();

        first.join();
        others.forEach(Caller::join);
        assertThat(sizes()).containsExactly(1, 20);
    }

    @Test
    void no_stream_that_one_writes_is_written_or_relied_on_by_another_of_the_batch() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        List<Caller> callers = new ArrayList<>(List.of(first));
        callers.add(waitingCaller(group, write(A, any())));
        callers.add(waitingCaller(group, write(A, any())));
        callers.add(waitingCaller(group, relying(B, A)));
        callers.add(waitingCaller(group, write(B, any())));
        callers.add(waitingCaller(group, write(C, any())));
        database.release();

        callers.forEach(Caller::join);
        assertThat(sizes()).containsExactly(1, 2, 1, 1, 1);
        assertThat(written(sent.get(1))).containsExactly(A, C);
        assertThat(written(sent.get(2))).containsExactly(A);
        assertThat(written(sent.get(3))).containsExactly(B);
        assertThat(sent.get(3).get(0).participants()).hasSize(2);
    }

    @Test
    void no_stream_that_one_relies_on_is_written_by_another_of_the_batch() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        List<Caller> callers = new ArrayList<>(List.of(first));
        callers.add(waitingCaller(group, relying(B, A)));
        callers.add(waitingCaller(group, write(A, any())));
        callers.add(waitingCaller(group, relying(C, A)));
        database.release();

        callers.forEach(Caller::join);
        assertThat(sizes()).containsExactly(1, 1, 1, 1);
        assertThat(sent.stream().skip(1).flatMap(batch -> written(batch).stream()))
                .containsExactly(B, A, C);
    }

    @Test
    void a_batch_is_bounded_in_events_and_in_bytes_and_what_did_not_fit_leads_next() {
        long bytes = write(StreamId.of("s-0"), any(), 4).bytes();
        for (GroupCommit group : List.of(group(10, 1_000_000), group(1_000, 2 * bytes + 1))) {
            sent.clear();
            Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
            List<Caller> callers = new ArrayList<>(List.of(first));
            for (int i = 0; i < 5; i++) {
                callers.add(waitingCaller(group, write(StreamId.of("s-" + i), any(), 4)));
            }
            database.release();

            callers.forEach(Caller::join);
            assertThat(sizes()).containsExactly(1, 2, 2, 1);
        }
    }

    @Test
    void a_large_append_gets_its_turn_however_many_small_ones_keep_coming() {
        GroupCommit group = group(10, 1_000_000);
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        List<Caller> callers = new ArrayList<>(List.of(first));
        callers.add(waitingCaller(group, write(A, any(), 5)));
        Caller large = waitingCaller(group, write(B, any(), 10));
        for (int i = 0; i < 30; i++) {
            callers.add(waitingCaller(group, write(StreamId.of("s-" + i), any())));
        }
        database.release();

        large.join();
        callers.forEach(Caller::join);
        assertThat(sent.get(2)).hasSize(1);
        assertThat(written(sent.get(2))).containsExactly(B);
    }

    @Test
    void appends_to_one_stream_keep_their_order() {
        GroupCommit group = group(3, 1_000_000);
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        List<Caller> callers = new ArrayList<>(List.of(first));
        callers.add(waitingCaller(group, write(A, any(), 2)));
        callers.add(waitingCaller(group, write(B, any(), 2)));
        callers.add(waitingCaller(group, write(B, any(), 1)));
        callers.add(waitingCaller(group, write(C, any(), 1)));
        database.release();

        callers.forEach(Caller::join);
        assertThat(sent.stream()
                        .flatMap(List::stream)
                        .filter(append -> written(List.of(append)).contains(B))
                        .map(append -> append.entries().size()))
                .containsExactly(2, 1);
    }

    @Test
    void an_append_that_a_batch_has_made_a_conflict_of_is_not_sent() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(A, exactly(0)));
        Caller lost = waitingCaller(group, write(A, exactly(0)));
        Caller repeated = waitingCaller(group, first.append);
        Caller next = waitingCaller(group, write(A, exactly(1)));
        database.release();

        assertThat(first.outcome()).isInstanceOf(Written.class);
        assertThat(lost.outcome()).isInstanceOfSatisfying(Conflict.class, conflict -> {
            assertThat(((VersionConflictException) conflict.conflict()).streamId())
                    .isEqualTo(A);
            assertThat(((VersionConflictException) conflict.conflict()).actual())
                    .isEqualTo(StreamVersion.of(1));
        });
        assertThat(repeated.outcome()).isInstanceOf(Found.class);
        assertThat(next.outcome()).isInstanceOf(Written.class);
        assertThat(sent).hasSize(3);
    }

    @Test
    void what_was_only_found_again_makes_no_conflicts() {
        GroupCommit group = group(100, 1_000_000);
        SerializedAppend stored = write(A, exactly(0));
        group.submit(stored);
        group.submit(write(A, exactly(1)));
        Caller repeated = blockedCaller(group, stored);
        Caller conflict = waitingCaller(group, write(A, exactly(0)));
        database.release();

        assertThat(repeated.outcome()).isInstanceOf(Found.class);
        assertThat(conflict.outcome())
                .isInstanceOfSatisfying(
                        Conflict.class,
                        found -> assertThat(((VersionConflictException) found.conflict()).actual())
                                .isEqualTo(StreamVersion.of(2)));
    }

    @Test
    void an_error_of_the_leader_leaves_the_others_with_an_unknown_outcome_and_the_next_batch_runs() {
        for (Throwable harm : List.of(new StackOverflowError(), new IllegalStateException("harm"))) {
            GroupCommit group = group(100, 1_000_000);
            Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
            Caller leader = waitingCaller(group, write(A, any()));
            Caller follower = waitingCaller(group, write(B, any()));
            Caller behind = waitingCaller(group, write(A, any()));
            database.failOnce(A, harm);
            database.release();

            first.join();
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(leader::answer)
                    .withCause(harm);
            assertThat(follower.join()).isInstanceOf(Unknown.class);
            assertThat(behind.outcome()).isInstanceOf(Written.class);
            assertThat(group.submit(write(C, any()))).isInstanceOf(Written.class);
        }
    }

    @Test
    void too_few_answers_leave_the_rest_unknown() {
        GroupCommit group = new GroupCommit(100, 1_000_000, appends -> {
            List<AppendResult> answers = database.run(appends);
            return answers.subList(0, 1);
        });
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        Caller leader = waitingCaller(group, write(A, any()));
        Caller follower = waitingCaller(group, write(B, any()));
        database.release();

        first.join();
        assertThat(leader.join()).isInstanceOf(Written.class);
        assertThat(follower.join()).isInstanceOf(Unknown.class);
    }

    @Test
    void an_answer_that_cannot_be_given_out_stops_nobody_else() {
        GroupCommit group = new GroupCommit(100, 1_000_000, appends -> {
            List<AppendResult> answers = database.run(appends);
            return appends.size() == 2 ? new NotToBeIterated(answers) : answers;
        });
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        Caller leader = waitingCaller(group, write(A, any()));
        Caller follower = waitingCaller(group, write(B, any()));
        Caller behind = waitingCaller(group, write(A, any()));
        database.release();

        first.join();
        assertThatExceptionOfType(ExecutionException.class).isThrownBy(leader::answer);
        assertThat(follower.join()).isInstanceOf(Written.class);
        assertThat(behind.outcome()).isInstanceOf(Written.class);
    }

    @Test
    void an_interruption_before_it_is_sent_takes_an_append_back() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(A, any()));
        Caller interrupted = waitingCaller(group, write(B, any()));
        Caller other = waitingCaller(group, write(C, any()));
        interrupted.thread.interrupt();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(interrupted::answer)
                .withCauseInstanceOf(TransientEventStoreException.class);
        assertThat(interrupted.endedInterrupted).isTrue();
        database.release();
        first.join();
        other.join();
        assertThat(sent.stream().flatMap(batch -> written(batch).stream())).containsExactly(A, C);
    }

    @Test
    void an_interruption_after_it_is_sent_does_not_hide_the_answer() {
        GroupCommit group = group(100, 1_000_000);
        Caller first = blockedCaller(group, write(StreamId.of("first"), any()));
        Caller leader = waitingCaller(group, write(A, any()));
        Caller follower = waitingCaller(group, write(B, any()));
        database.blockAt(A);
        database.awaitBlocked();
        follower.thread.interrupt();
        leader.thread.interrupt();
        database.release();

        first.join();
        assertThat(leader.outcome()).isInstanceOf(Written.class);
        assertThat(follower.outcome()).isInstanceOf(Written.class);
        assertThat(follower.endedInterrupted).isTrue();
        assertThat(leader.endedInterrupted).isTrue();
    }

    @Test
    void a_thread_that_is_interrupted_already_carries_its_batch_out_undisturbed() throws Exception {
        List<Boolean> interruptedWhileRunning = new CopyOnWriteArrayList<>();
        GroupCommit group = new GroupCommit(100, 1_000_000, appends -> {
            interruptedWhileRunning.add(Thread.currentThread().isInterrupted());
            return database.run(appends);
        });
        CompletableFuture<Boolean> after = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            Thread.currentThread().interrupt();
            group.submit(write(A, any()));
            after.complete(Thread.currentThread().isInterrupted());
        });
        thread.start();

        assertThat(after.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(interruptedWhileRunning).containsExactly(false);
    }

    /** Random appends of many threads: each gets the answer that the database gave to its append, in some order. */
    @Test
    void whatever_the_schedule_each_append_is_carried_out_once_and_answered() {
        for (long seed = 0; seed < 10; seed++) {
            // So many callers that a second batch is worth while, now and then.
            int callers = seed % 2 == 0 ? 12 : 60;
            FakeDatabase fresh = new FakeDatabase();
            GroupCommit group = new GroupCommit(8, 1_000_000, fresh::run);
            Map<StreamId, AtomicInteger> acknowledged = new ConcurrentHashMap<>();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < callers; t++) {
                Random random = new Random(seed * 100 + t);
                threads.add(new Thread(() -> {
                    for (int i = 0; i < 720 / callers; i++) {
                        SerializedAppend append = anyAppend(random, callers / 2);
                        AppendResult answer = group.submit(append);
                        if (answer instanceof Written written) {
                            written.slice()
                                    .events()
                                    .forEach(event -> acknowledged
                                            .computeIfAbsent(event.streamId(), id -> new AtomicInteger())
                                            .incrementAndGet());
                        }
                    }
                }));
            }
            threads.forEach(Thread::start);
            threads.forEach(GroupCommitTest::join);

            Map<StreamId, Long> counted = new HashMap<>();
            acknowledged.forEach((id, count) -> counted.put(id, (long) count.get()));
            assertThat(counted).as("seed %d", seed).isEqualTo(fresh.versions());
            assertThat(fresh.violations).as("seed %d", seed).isEmpty();
        }
    }

    /** Counted, not timed: a queue that is looked through for each batch makes this number grow with those who wait. */
    @Test
    void how_many_wait_does_not_matter_to_what_an_append_costs() {
        for (int waiting : List.of(50, 500)) {
            for (IntFunction<SerializedAppend> appends : List.<IntFunction<SerializedAppend>>of(
                    i -> write(A, any()),
                    i -> write(A, exactly(i + 1)),
                    i -> i % 2 == 0 ? write(A, any()) : relying(StreamId.of("s-" + i), A),
                    i -> write(StreamId.of("s-" + i), any(), 6))) {
                GroupCommit group = group(10, 1_000_000);
                List<Caller> callers = new ArrayList<>(List.of(blockedCaller(group, write(A, any()))));
                for (int i = 0; i < waiting; i++) {
                    callers.add(waitingCaller(group, appends.apply(i)));
                }
                database.release();

                callers.forEach(Caller::join);
                assertThat(group.looks()).isLessThan(20L * callers.size());
            }
        }
    }

    private static SerializedAppend anyAppend(Random random, int streams) {
        StreamId one = StreamId.of("s" + random.nextInt(streams));
        StreamId other = StreamId.of("s" + random.nextInt(streams));
        ExpectedVersion expected = random.nextBoolean() ? any() : exactly(random.nextInt(20));
        StreamWrites writes = StreamWrites.empty().registerStream(one, expected);
        for (int i = random.nextInt(3); i >= 0; i--) {
            writes = writes.append(new Deposited(one, i));
        }
        if (!one.equals(other)) {
            writes = writes.registerStream(other, exactly(random.nextInt(20)));
        }
        return serialized(writes);
    }

    private GroupCommit group(int maxEvents, long maxBytes) {
        return new GroupCommit(maxEvents, maxBytes, database::run);
    }

    /** A caller whose batch is under way and stays so until the database is released. */
    private Caller blockedCaller(GroupCommit group, SerializedAppend append) {
        database.blockNext();
        Caller caller = new Caller(group, append);
        database.awaitBlocked();
        return caller;
    }

    /** A caller that waits behind a batch. */
    private static Caller waitingCaller(GroupCommit group, SerializedAppend append) {
        Caller caller = new Caller(group, append);
        while (caller.thread.getState() != Thread.State.WAITING) {
            assertThat(caller.answer).as("the caller is to wait").isNotDone();
            Thread.onSpinWait();
        }
        return caller;
    }

    private List<Integer> sizes() {
        return sent.stream().map(List::size).toList();
    }

    private static List<StreamId> written(List<SerializedAppend> appends) {
        return appends.stream()
                .flatMap(append -> append.participants().stream())
                .filter(participant -> !participant.isGuard())
                .map(Participant::id)
                .toList();
    }

    private static SerializedAppend write(StreamId stream, ExpectedVersion expected) {
        return write(stream, expected, 1);
    }

    private static SerializedAppend write(StreamId stream, ExpectedVersion expected, int events) {
        StreamWrites writes = StreamWrites.empty().registerStream(stream, expected);
        for (int i = 0; i < events; i++) {
            writes = writes.append(new Deposited(stream, i));
        }
        return serialized(writes);
    }

    private static SerializedAppend relying(StreamId stream, StreamId guard) {
        return serialized(
                StreamWrites.to(stream, any(), new Deposited(stream, 1)).registerStream(guard, exactly(0)));
    }

    private static SerializedAppend serialized(StreamWrites writes) {
        return SerializedAppend.of(writes, SERIALIZER, AppendLimits.defaults());
    }

    private static void join(Thread thread) {
        try {
            thread.join(60_000);
            assertThat(thread.isAlive()).isFalse();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Harms the thread that looks for what the batch has changed. */
    private static final class NotToBeIterated extends AbstractList<AppendResult> {
        private final List<AppendResult> answers;

        private NotToBeIterated(List<AppendResult> answers) {
            this.answers = answers;
        }

        @Override
        public AppendResult get(int index) {
            return answers.get(index);
        }

        @Override
        public int size() {
            return answers.size();
        }

        @Override
        public Iterator<AppendResult> iterator() {
            throw new IllegalStateException("harm");
        }
    }

    /** One append on a thread of its own. */
    private static final class Caller {
        private final SerializedAppend append;
        private final CompletableFuture<AppendResult> answer = new CompletableFuture<>();
        private final Thread thread;
        private volatile boolean endedInterrupted;

        private Caller(GroupCommit group, SerializedAppend append) {
            this.append = append;
            this.thread = new Thread(() -> run(group));
            this.thread.start();
        }

        private void run(GroupCommit group) {
            try {
                AppendResult given = group.submit(append);
                endedInterrupted = Thread.currentThread().isInterrupted();
                answer.complete(given);
            } catch (RuntimeException | Error e) {
                endedInterrupted = Thread.currentThread().isInterrupted();
                answer.completeExceptionally(e);
            }
        }

        AppendResult answer() throws ExecutionException {
            try {
                return answer.get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | TimeoutException e) {
                throw new AssertionError("The caller has no answer", e);
            }
        }

        AppendResult join() {
            try {
                return answer();
            } catch (ExecutionException e) {
                throw new AssertionError("The append failed", e.getCause());
            }
        }

        AppendResult outcome() {
            return join();
        }
    }

    /** Keeps versions as a database would, and can be made to wait or to fail. */
    private final class FakeDatabase {
        private final Map<StreamId, List<SerializedAppend.Entry>> streams = new HashMap<>();
        private final List<String> violations = new CopyOnWriteArrayList<>();
        private final List<List<SerializedAppend>> running = new CopyOnWriteArrayList<>();
        private final Map<StreamId, Throwable> failures = new ConcurrentHashMap<>();
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile CountDownLatch blocked = new CountDownLatch(0);
        private volatile boolean blocksNext;
        private volatile StreamId blocksAt = StreamId.of("nowhere");
        private long position;

        List<AppendResult> run(List<SerializedAppend> appends) {
            sent.add(appends);
            begin(appends);
            try {
                if (blocksNext || written(appends).contains(blocksAt)) {
                    blocksNext = false;
                    blocksAt = StreamId.of("nowhere");
                    CountDownLatch closed = gate;
                    blocked.countDown();
                    awaitUninterruptibly(closed);
                }
                written(appends).forEach(this::failIfToldTo);
                List<AppendResult> answers = new ArrayList<>();
                appends.forEach(append -> answers.add(apply(append)));
                return answers;
            } finally {
                running.remove(appends);
            }
        }

        private synchronized void begin(List<SerializedAppend> appends) {
            for (List<SerializedAppend> other : running) {
                if (meet(appends, other) || meet(other, appends)) {
                    violations.add("two batches at once on one stream");
                }
            }
            for (int i = 1; i < appends.size(); i++) {
                List<SerializedAppend> one = List.of(appends.get(i));
                if (meet(one, appends.subList(0, i)) || meet(appends.subList(0, i), one)) {
                    violations.add("a batch with two appends on one stream");
                }
            }
            running.add(appends);
        }

        /** Whether one batch writes what the other writes or relies on. */
        private boolean meet(List<SerializedAppend> one, List<SerializedAppend> other) {
            List<StreamId> written = written(one);
            return other.stream()
                    .flatMap(append -> append.participants().stream())
                    .anyMatch(participant -> written.contains(participant.id()));
        }

        private synchronized AppendResult apply(SerializedAppend append) {
            for (Participant participant : append.participants()) {
                StreamVersion actual = version(participant.id());
                if (!participant.expected().isMetBy(actual)) {
                    return isStored(append)
                            ? new Found(append.sliceAsExpected(
                                    new long[append.entries().size()]))
                            : new Conflict(
                                    new VersionConflictException(participant.id(), participant.expected(), actual));
                }
            }
            long[] bases = append.participants().stream()
                    .mapToLong(participant -> version(participant.id()).value())
                    .toArray();
            long[] positions = new long[append.entries().size()];
            for (int i = 0; i < positions.length; i++) {
                SerializedAppend.Entry entry = append.entries().get(i);
                streams.computeIfAbsent(entry.event().streamId(), id -> new ArrayList<>())
                        .add(entry);
                positions[i] = ++position;
            }
            return new Written(append.slice(bases, positions));
        }

        private boolean isStored(SerializedAppend append) {
            return append.entries().stream()
                    .allMatch(entry -> append.expectedPlace(entry)
                            .filter(place -> place.value()
                                    <= version(entry.event().streamId()).value())
                            .filter(place -> streams.getOrDefault(entry.event().streamId(), List.of())
                                    .get((int) place.value() - 1)
                                    .event()
                                    .id()
                                    .equals(entry.event().id()))
                            .isPresent());
        }

        private StreamVersion version(StreamId id) {
            return StreamVersion.of(streams.getOrDefault(id, List.of()).size());
        }

        synchronized Map<StreamId, Long> versions() {
            Map<StreamId, Long> versions = new HashMap<>();
            streams.forEach((id, events) -> versions.put(id, (long) events.size()));
            return versions;
        }

        private void failIfToldTo(StreamId id) {
            Throwable harm = failures.remove(id);
            if (harm instanceof Error error) {
                throw error;
            }
            if (harm instanceof RuntimeException exception) {
                throw exception;
            }
        }

        void failOnce(StreamId id, Throwable harm) {
            failures.put(id, harm);
        }

        void blockNext() {
            gate = new CountDownLatch(1);
            blocked = new CountDownLatch(1);
            blocksNext = true;
        }

        void blockAt(StreamId id) {
            CountDownLatch before = gate;
            gate = new CountDownLatch(1);
            blocked = new CountDownLatch(1);
            blocksAt = id;
            before.countDown();
        }

        void awaitBlocked() {
            Holder.await(blocked);
        }

        void release() {
            gate.countDown();
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
}
