package io.eventcore.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Collects what ends a thread of this process, between {@link #watch()} and {@link #assertNone()}: a library must let
 * nothing through to the default handler, which prints messages and informs no other code.
 */
final class UncaughtErrors {
    private final List<String> uncaught = new CopyOnWriteArrayList<>();
    private Thread.@Nullable UncaughtExceptionHandler before;

    void watch() {
        before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> uncaught.add(thread.getName() + ": " + error));
    }

    void assertNone() {
        Thread.setDefaultUncaughtExceptionHandler(before);
        assertThat(uncaught).as("what reached the default exception handler").isEmpty();
    }
}
