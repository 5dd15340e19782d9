package io.eventcore.autoconfigure;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import io.eventcore.personaldata.SubjectErased;
import io.eventcore.serialization.EventCoreJacksonModule;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/** What a native image must keep of the library itself: the scripts, and classes that are found by name. */
final class EventCoreRuntimeHints implements RuntimeHintsRegistrar {
    /** H2 loads it by its name, which is in the script. */
    private static final String H2_TRIGGER = "io.eventcore.jdbc.H2AppendOnlyTrigger";

    EventCoreRuntimeHints() {}

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.resources().registerPattern("io/eventcore/jdbc/*.sql");
        hints.reflection().registerTypeIfPresent(classLoader, H2_TRIGGER, MemberCategory.INVOKE_DECLARED_CONSTRUCTORS);
        new BindingReflectionHintsRegistrar()
                .registerReflectionHints(
                        hints.reflection(),
                        StreamId.class,
                        SubjectErased.class,
                        StreamPrefix.class,
                        StreamPattern.class,
                        StreamVersion.class,
                        GlobalPosition.class);
        for (Class<?> mixIn : EventCoreJacksonModule.class.getDeclaredClasses()) {
            hints.reflection().registerType(mixIn, MemberCategory.INVOKE_DECLARED_METHODS);
        }
    }
}
