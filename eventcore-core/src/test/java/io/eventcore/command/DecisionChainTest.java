package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventStreamReader;
import io.eventcore.ExpectedVersion;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.command.LedgerEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.JacksonEventSerializer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the decisions of a queue see of the streams. */
class DecisionChainTest {
    private static final StreamId HOT = StreamId.of("account-hot");
    private static final StreamId WARM = StreamId.of("account-warm");

    private final InMemoryEventStore store = new InMemoryEventStore(new JacksonEventSerializer(LedgerEvent.types()));
    private Runnable beforeRead = () -> {};
    private final DecisionChain chain = new DecisionChain(
            new ForwardingEventStore(store) {
                @Override
                public <E extends Event> EventStreamReader<E> readStreams(
                        Map<StreamId, StreamVersion> streamsAfter, Class<E> eventType) {
                    beforeRead.run();
                    return super.readStreams(streamsAfter, eventType);
                }
            },
            new CacheBudget(task -> {}),
            () -> true);

    @Test
    void what_was_appended_past_the_chain_is_seen_also_while_decisions_on_other_streams_are_pending() {
        read(HOT, 0);
        chain.drain();
        append(HOT);
        decide(WARM, 0);

        assertThat(read(HOT, 0).version(HOT)).isEqualTo(StreamVersion.of(1));
    }

    @Test
    void what_is_pending_is_seen_and_not_read() {
        decide(WARM, 0);
        decide(HOT, 0);

        assertThat(read(WARM, 0).version(WARM)).isEqualTo(StreamVersion.of(1));
        assertThat(read(HOT, 0).version(HOT)).isEqualTo(StreamVersion.of(1));
    }

    /** As commands do whose state was kept, and others that share the stream with them. */
    @Test
    void who_needs_more_of_a_stream_than_is_cached_decides_after_what_is_pending() {
        append(HOT);
        append(HOT);
        decide(HOT, 2);

        assertThatExceptionOfType(DecideAgainException.class)
                .isThrownBy(() -> read(HOT, 0))
                .satisfies(again -> assertThat(again.alone()).isTrue());
    }

    /** As happens when the attempt before has met no other, and finds that the stream is not hot any more. */
    @Test
    void who_reads_a_stream_while_it_is_forgotten_decides_again() {
        append(HOT);
        append(HOT);
        read(HOT, 0);
        beforeRead = () -> chain.forget(HOT.value());

        assertThatExceptionOfType(DecideAgainException.class)
                .isThrownBy(() -> read(HOT, 0))
                .satisfies(again -> assertThat(again.alone()).isFalse());

        beforeRead = () -> {};
        assertThat(read(HOT, 0).toList()).hasSize(2);
    }

    private void append(StreamId stream) {
        store.appendEvents(StreamWrites.to(stream, ExpectedVersion.any(), new Deposited(stream, 1)));
    }

    private EventStreamReader<LedgerEvent> read(StreamId stream, long after) {
        return read(newAttempt(), stream, after);
    }

    private EventStreamReader<LedgerEvent> read(QueuedAttempt attempt, StreamId stream, long after) {
        return chain.read(attempt, Map.of(stream, StreamVersion.of(after)), LedgerEvent.class);
    }

    /** A decision that waits for being stored. */
    private void decide(StreamId stream, long after) {
        QueuedAttempt attempt = newAttempt();
        StreamVersion version = read(attempt, stream, after).version(stream);
        chain.join(attempt, StreamWrites.to(stream, ExpectedVersion.exactly(version), new Deposited(stream, 1)));
    }

    private QueuedAttempt newAttempt() {
        QueuedAttempt attempt = new QueuedAttempt(new HotStreamQueue(0, null));
        chain.begin(attempt);
        return attempt;
    }
}
