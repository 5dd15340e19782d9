package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.RetriesExhaustedException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.VersionConflictException;
import io.eventcore.command.BankEvent.Deposited;
import io.eventcore.command.BankEvent.Linked;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DiscoveryTest {
    private static final StreamId A = StreamId.of("a");
    private static final StreamId B = StreamId.of("b");
    private static final StreamId C = StreamId.of("c");
    private static final StreamId D = StreamId.of("d");

    private final ScriptedStore store = new ScriptedStore();
    private final CommandExecutor executor =
            CommandExecutor.builder(store).retryPolicy(RetryPolicy.never()).build();

    /** Follows the links, and writes what it has seen, in the order it has seen it, to the last stream. */
    record FollowLinks(@Stream StreamId first, StreamId written) implements Command<List<BankEvent>, BankEvent> {
        @Override
        public List<BankEvent> initialState() {
            return List.of();
        }

        @Override
        public List<BankEvent> apply(List<BankEvent> state, BankEvent event) {
            List<BankEvent> more = new ArrayList<>(state);
            more.add(event);
            return List.copyOf(more);
        }

        @Override
        public Set<StreamId> discoverStreams(List<BankEvent> state) {
            Set<StreamId> linked = new LinkedHashSet<>();
            for (BankEvent event : state) {
                if (event instanceof Linked link) {
                    linked.add(link.other());
                }
            }
            return linked;
        }

        @Override
        public List<BankEvent> handle(List<BankEvent> state) {
            long sum = 0;
            for (BankEvent event : state) {
                sum = event instanceof Deposited deposited ? 10 * sum + deposited.cents() : sum;
            }
            return List.of(new Deposited(written, sum));
        }
    }

    @Test
    void streams_are_discovered_level_by_level_until_there_is_no_new_one() {
        store.append(new Linked(A, B));
        store.append(new Linked(B, C));
        store.append(new Linked(C, D));

        ExecutionResult result = executor.execute(new FollowLinks(A, D));

        assertThat(store.reads()).containsExactly(Set.of(A), Set.of(B), Set.of(C), Set.of(D));
        assertThat(result.versions()).containsOnlyKeys(A, B, C, D);
        assertThat(result.version(D)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void several_streams_of_one_level_are_read_together() {
        store.append(new Linked(A, B));
        store.append(new Linked(A, C));
        store.append(new Linked(A, D));

        executor.execute(new FollowLinks(A, D));

        assertThat(store.reads()).containsExactly(Set.of(A), Set.of(B, C, D));
    }

    @Test
    void links_in_a_circle_come_to_an_end() {
        store.append(new Linked(A, B));
        store.append(new Linked(B, C));
        store.append(new Linked(C, A));
        store.append(new Linked(C, C));

        executor.execute(new FollowLinks(A, C));

        assertThat(store.reads()).containsExactly(Set.of(A), Set.of(B), Set.of(C));
    }

    @Test
    void the_state_is_the_fold_of_all_streams_in_global_order_whenever_they_were_found() {
        store.append(new Deposited(A, 1));
        store.append(new Deposited(B, 2));
        store.append(new Deposited(A, 3));
        store.append(new Linked(A, B));
        store.append(new Deposited(B, 4));
        store.append(new Deposited(C, 5));
        store.append(new Linked(B, C));
        store.append(new Deposited(A, 6));

        executor.execute(new FollowLinks(A, C));

        assertThat(store.eventsOf(C)).last().isEqualTo(new Deposited(C, 123_456));
    }

    @Test
    void every_stream_visited_is_part_of_the_version_check() {
        store.append(new Linked(A, B));
        store.append(new Linked(B, C));
        store.losingRaces(1, B);

        assertThatExceptionOfType(RetriesExhaustedException.class)
                .isThrownBy(() -> executor.execute(new FollowLinks(A, C)))
                .havingCause()
                .isInstanceOf(VersionConflictException.class)
                .satisfies(conflict -> assertThat(((VersionConflictException) conflict).streamId())
                        .isEqualTo(B));
        assertThat(store.eventsOf(C)).isEmpty();
    }

    /** Wants one stream more each time it is asked. */
    record NeverSatisfied(@Stream StreamId first) implements Command<Long, BankEvent> {
        private static final AtomicInteger ASKED = new AtomicInteger();

        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, BankEvent event) {
            return state + 1;
        }

        @Override
        public Set<StreamId> discoverStreams(Long state) {
            return Set.of(StreamId.of("more-" + ASKED.incrementAndGet()));
        }

        @Override
        public List<BankEvent> handle(Long state) {
            return List.of();
        }
    }

    @Test
    void a_command_that_discovers_without_end_is_stopped() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> executor.execute(new NeverSatisfied(A)))
                .withMessageContaining(NeverSatisfied.class.getName())
                .withMessageContaining("keeps discovering streams");
        assertThat(store.reads()).hasSize(101);
        assertThat(store.appends()).isEmpty();
    }

    /** Wants more streams at once than any decision rests on. */
    record Insatiable(@Stream StreamId first) implements Command<Long, BankEvent> {
        @Override
        public Long initialState() {
            return 0L;
        }

        @Override
        public Long apply(Long state, BankEvent event) {
            return state + 1;
        }

        @Override
        public Set<StreamId> discoverStreams(Long state) {
            Set<StreamId> ids = new LinkedHashSet<>();
            for (int i = 0; i < 10_000; i++) {
                ids.add(StreamId.of("more-" + i));
            }
            return ids;
        }

        @Override
        public List<BankEvent> handle(Long state) {
            return List.of();
        }
    }

    @Test
    void a_command_that_discovers_too_many_streams_is_stopped_before_they_are_read() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> executor.execute(new Insatiable(A)))
                .withMessageContaining("10001");
        assertThat(store.reads()).hasSize(1);
    }
}
