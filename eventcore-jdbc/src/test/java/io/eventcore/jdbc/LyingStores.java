package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;

import io.eventcore.AppendOutcomeUnknownException;
import io.eventcore.AppendedEvent;
import io.eventcore.Event;
import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.StreamVersion;
import io.eventcore.StreamWrites;
import io.eventcore.TransientEventStoreException;
import io.eventcore.test.contract.ForwardingEventStore;

/** Stores that make of a failure what they like. */
final class LyingStores {
    private LyingStores() {}

    static EventStore saysStoredWhateverHappened(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (TransientEventStoreException
                        | EventStoreUnavailableException
                        | AppendOutcomeUnknownException acknowledgedTooEarly) {
                    return new EventStreamSlice(writes.events().stream()
                            .map(event -> new AppendedEvent(
                                    event.id(), event.streamId(), StreamVersion.of(1), GlobalPosition.of(1)))
                            .toList());
                }
            }
        };
    }

    static EventStore repeatsUnderNewIds(EventStore sound) {
        return new ForwardingEventStore(sound) {
            @Override
            public EventStreamSlice appendEvents(StreamWrites writes) {
                try {
                    return super.appendEvents(writes);
                } catch (TransientEventStoreException | AppendOutcomeUnknownException repeated) {
                    StreamWrites again = StreamWrites.empty();
                    for (NewEvent event : writes.events()) {
                        Event same = event.event();
                        again = again.registerStream(event.streamId(), any()).append(event.streamId(), same);
                    }
                    return super.appendEvents(again);
                }
            }
        };
    }
}
