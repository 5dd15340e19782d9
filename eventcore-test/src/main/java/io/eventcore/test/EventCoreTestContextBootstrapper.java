package io.eventcore.test;

import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;

/** Starts the application of an {@link EventCoreTest}. */
final class EventCoreTestContextBootstrapper extends TestSliceTestContextBootstrapper<EventCoreTest> {
    EventCoreTestContextBootstrapper() {}
}
