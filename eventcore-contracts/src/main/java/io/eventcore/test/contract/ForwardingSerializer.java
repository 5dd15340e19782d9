package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.NameReading;
import io.eventcore.serialization.SerializedEvent;
import java.util.List;
import java.util.Set;

/** A serializer that passes everything on to another one. Override what is to be different. */
abstract class ForwardingSerializer implements EventSerializer {
    private volatile EventSerializer delegate;

    ForwardingSerializer(EventSerializer delegate) {
        this.delegate = delegate;
    }

    /** Passes everything on to this one from now on. */
    final void passOnTo(EventSerializer another) {
        delegate = another;
    }

    @Override
    public SerializedEvent serialize(Event event) {
        return delegate.serialize(event);
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        return delegate.deserialize(stored);
    }

    @Override
    public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
        return delegate.deserialize(stored, origin);
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return delegate.storedNames(type);
    }

    @Override
    public NameReading reading(String storedName) {
        return delegate.reading(storedName);
    }

    @Override
    public String readingKey() {
        return delegate.readingKey();
    }
}
