package io.eventcore.serialization.internal;

import io.eventcore.EventRoundTrip;
import io.eventcore.GlobalPosition;
import io.eventcore.NewEvent;
import io.eventcore.StoredEvent;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.time.Instant;

/** The round trip of a store that writes and reads events by a serializer alone. */
public final class SerializerRoundTrip implements EventRoundTrip {
    private static final byte[] NO_METADATA = {};

    private final StoredForms forms;
    private final EventDecoder decoder;

    /** The round trip by these forms, which are those of appends too. */
    public SerializerRoundTrip(StoredForms forms, EventDecoder decoder) {
        this.forms = forms;
        this.decoder = decoder;
    }

    @Override
    public StoredEvent encode(NewEvent event) {
        SerializedEvent form = forms.forRoundTrip(event);
        return StoredEvent.of(
                event.streamId(),
                StreamVersion.NONE,
                GlobalPosition.START,
                event.id(),
                Instant.EPOCH,
                form.typeName(),
                PersonalEvent.plainPayload(form),
                NO_METADATA,
                decoder.ofWritten(form));
    }
}
