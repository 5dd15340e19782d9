package io.eventcore.serialization.internal;

import io.eventcore.Event;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventPart;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.NameReading;
import io.eventcore.serialization.SerializedEvent;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A serializer that passes everything on to another one, also what {@link EventSerializer} answers by default: a wrapper that
 * forgets to would upcast nothing, or seal no personal data. Override what is to be different.
 */
public abstract class ForwardingSerializer implements EventSerializer {
    private final EventSerializer delegate;

    /** Passes everything on to this one. */
    protected ForwardingSerializer(EventSerializer delegate) {
        this.delegate = delegate;
    }

    /** What everything is passed on to; the same one each time, unless overridden. */
    protected EventSerializer delegate() {
        return delegate;
    }

    @Override
    public SerializedEvent serialize(Event event) {
        return delegate().serialize(event);
    }

    @Override
    public Event deserialize(SerializedEvent stored) {
        return delegate().deserialize(stored);
    }

    @Override
    public List<EventPart> deserialize(SerializedEvent stored, EventOrigin origin) {
        return delegate().deserialize(stored, origin);
    }

    @Override
    public Set<String> storedNames(Class<? extends Event> type) {
        return delegate().storedNames(type);
    }

    @Override
    public NameReading reading(String storedName) {
        return delegate().reading(storedName);
    }

    @Override
    public String readingKey() {
        return delegate().readingKey();
    }

    @Override
    public Optional<PersonalDataProtection> protection() {
        return delegate().protection();
    }
}
