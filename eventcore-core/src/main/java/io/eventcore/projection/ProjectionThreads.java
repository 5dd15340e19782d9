package io.eventcore.projection;

import io.eventcore.internal.OwnThreads;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;

/** The threads that projections run on. */
final class ProjectionThreads {
    private static final String NAME = "eventcore-projection-";

    private ProjectionThreads() {}

    /** Virtual threads if the JVM has them; otherwise daemon threads. */
    static ThreadFactory factory() {
        return virtual().orElseGet(() -> OwnThreads.daemons(NAME));
    }

    /** By reflection, because the library is compiled for Java 17. */
    private static Optional<ThreadFactory> virtual() {
        try {
            Method ofVirtual = Thread.class.getMethod("ofVirtual");
            Class<?> builder = ofVirtual.getReturnType();
            Object named = builder.getMethod("name", String.class, long.class).invoke(ofVirtual.invoke(null), NAME, 1L);
            return Optional.of((ThreadFactory) builder.getMethod("factory").invoke(named));
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            return Optional.empty();
        }
    }
}
