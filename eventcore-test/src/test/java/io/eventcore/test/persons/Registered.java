package io.eventcore.test.persons;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.StreamId;
import java.util.List;

/** A customer, with what may be erased. */
@EventType("persons.registered")
public record Registered(
        StreamId streamId,
        String customer,
        @PersonalData(subject = "customer") String name,
        @PersonalData(subject = "customer") List<String> addresses)
        implements Event {}
