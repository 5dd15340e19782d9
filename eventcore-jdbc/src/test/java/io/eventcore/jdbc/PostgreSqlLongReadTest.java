package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventStore;
import io.eventcore.EventStreamSlice;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.VersionConflictException;
import io.eventcore.test.contract.LedgerEvent;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A read of two streams that goes on while a lower version commits behind it.
 *
 * <p>Ada's second event has a position and is not committed yet. Bob's events after it are. When a reader has come past
 * that position, Ada's event commits and a third one follows, which lies before the reader.
 */
class PostgreSqlLongReadTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final StreamId BOB = StreamId.of("account-bob");
    private static final Map<StreamId, StreamVersion> BOTH = Map.of(ADA, StreamVersion.NONE, BOB, StreamVersion.NONE);

    /** Ada's first event and Bob's, which are all that is committed when a read begins; more than a page. */
    private static final int COMMITTED = 600;

    private final String prefix = DATABASE.newTables();
    private final EventStore store = DATABASE.store(prefix);
    private final Holder late = openLateAppend();

    private Holder openLateAppend() {
        store.appendEvents(deposit(ADA));
        Holder holder = Holder.of(DATABASE.dataSource(), () -> store.appendEvents(deposit(ADA)));
        StreamWrites bobs = StreamWrites.empty().registerStream(BOB, any());
        for (int i = 1; i < COMMITTED; i++) {
            bobs = bobs.append(new Deposited(BOB, i));
        }
        store.appendEvents(bobs);
        return holder;
    }

    @AfterEach
    void endLateAppend() {
        late.close();
    }

    private void commitBehindTheReader() {
        late.commit();
        store.appendEvents(deposit(ADA));
    }

    @Test
    void a_read_ends_at_the_versions_it_began_with_and_a_decision_on_it_is_refused() {
        List<Long> versions = versionsOfAda(store);

        assertThat(versions).containsExactly(1L);
        assertThatExceptionOfType(VersionConflictException.class).isThrownBy(() -> decideOn(versions));
    }

    /** What the rule is for: without it the state is wrong, and what is decided on it is accepted. */
    @Test
    void a_reader_that_pages_by_position_alone_folds_a_hole_and_a_decision_on_it_is_accepted() {
        List<Long> versions = versionsOfAda(new PagingByPosition(store, prefix));

        assertThat(versions).containsExactly(1L, 3L);
        assertThat(decideOn(versions).events()).hasSize(1);
    }

    /** The versions of Ada that one read of both streams delivers, while the late one commits behind it. */
    private List<Long> versionsOfAda(EventStore read) {
        List<Long> versions = new ArrayList<>();
        for (RecordedEvent<LedgerEvent> event : read.readStreams(BOTH, LedgerEvent.class)) {
            if (event.streamId().equals(ADA)) {
                versions.add(event.version().value());
            }
            if (event.streamId().equals(BOB) && event.version().value() == 1) {
                commitBehindTheReader();
            }
        }
        return versions;
    }

    private EventStreamSlice decideOn(List<Long> versions) {
        return store.appendEvents(
                StreamWrites.to(ADA, exactly(versions.get(versions.size() - 1)), new Deposited(ADA, 1)));
    }

    private static StreamWrites deposit(StreamId account) {
        return StreamWrites.to(account, any(), new Deposited(account, 1));
    }
}
