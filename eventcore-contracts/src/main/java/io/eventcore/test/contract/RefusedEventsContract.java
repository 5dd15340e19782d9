package io.eventcore.test.contract;

import static io.eventcore.ExpectedVersion.noStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.AppendLimitExceededException;
import io.eventcore.AppendLimits;
import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.EventSerializationException;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Opened;
import io.eventcore.test.contract.LedgerEvent.Secret;
import io.eventcore.test.contract.LedgerEvent.Unwritable;
import org.junit.jupiter.api.Test;

/** Events that cannot be stored: an append that contains one stores nothing. */
abstract class RefusedEventsContract extends EventStoreFixture {
    @Test
    void an_event_that_cannot_be_serialized_stores_nothing_and_quotes_nothing() {
        StreamWrites writes = StreamWrites.empty()
                .registerStream(ADA, noStream())
                .append(deposited(ADA, 1))
                .append(new Unwritable(ADA, new Secret()));

        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> store.appendEvents(writes))
                .satisfies(failure -> {
                    assertThat(failure.streamId()).isEqualTo(ADA);
                    assertThat(failure).hasStackTraceContaining("Unwritable");
                    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                        assertThat(String.valueOf(cause.getMessage())).doesNotContain("s3cr3t");
                    }
                });
        assertThat(eventsOf(ADA)).isEmpty();
    }

    @Test
    void an_event_of_an_unregistered_class_is_refused_by_its_name() {
        record Unregistered(StreamId streamId) implements Event {}

        assertThatIllegalArgumentException()
                .isThrownBy(() -> store.appendEvents(StreamWrites.to(ADA, noStream(), new Unregistered(ADA))))
                .withMessageContaining("Unregistered");
        assertThat(eventsOf(ADA)).isEmpty();
    }

    @Test
    void what_is_larger_than_the_limits_is_refused_with_the_limit() {
        AppendLimits limits = AppendLimits.defaults();
        StreamWrites tooMany = StreamWrites.empty().registerStream(ADA, noStream());
        for (int i = 0; i <= limits.events(); i++) {
            tooMany = tooMany.append(deposited(ADA, i));
        }
        StreamWrites tooLarge = StreamWrites.to(ADA, noStream(), new Opened(ADA, "x".repeat(limits.payloadBytes())));
        StreamWrites tooTalkative = StreamWrites.to(ADA, noStream(), deposited(ADA, 1))
                .withMetadata(EventMetadata.empty().with("note", "x".repeat(limits.metadataBytes())));

        assertLimit(tooMany, limits.events());
        assertLimit(tooLarge, limits.payloadBytes());
        assertLimit(tooTalkative, limits.metadataBytes());
        assertThat(store.streamVersion(ADA)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void a_payload_just_within_the_limit_is_stored() {
        String owner = "x".repeat(AppendLimits.defaults().payloadBytes() - 100);

        store.appendEvents(StreamWrites.to(ADA, noStream(), new Opened(ADA, owner)));

        assertThat(eventsOf(ADA)).containsExactly(new Opened(ADA, owner));
    }

    private void assertLimit(StreamWrites writes, int limit) {
        assertThatExceptionOfType(AppendLimitExceededException.class)
                .isThrownBy(() -> store.appendEvents(writes))
                .satisfies(refusal -> {
                    assertThat(refusal.limit()).isEqualTo(limit);
                    assertThat(refusal.actual()).isGreaterThan(limit);
                    assertThat(refusal).hasMessageContaining(Integer.toString(limit));
                });
    }
}
