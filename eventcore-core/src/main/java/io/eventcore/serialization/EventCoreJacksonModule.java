package io.eventcore.serialization;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamPattern;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamVersion;
import tools.jackson.databind.module.SimpleModule;

/**
 * Reads and writes the values of eventcore as JSON: ids, prefixes and patterns as plain strings, versions and positions
 * as numbers. Reading checks what their constructors check.
 *
 * @since 0.1
 */
public final class EventCoreJacksonModule extends SimpleModule {
    private static final long serialVersionUID = 1L;

    /** The module; it has no settings. */
    public EventCoreJacksonModule() {
        super("eventcore");
        setMixInAnnotation(StreamId.class, StreamIdJson.class);
        setMixInAnnotation(StreamPrefix.class, StreamPrefixJson.class);
        setMixInAnnotation(StreamPattern.class, StreamPatternJson.class);
        setMixInAnnotation(StreamVersion.class, StreamVersionJson.class);
        setMixInAnnotation(GlobalPosition.class, GlobalPositionJson.class);
    }

    private abstract static class StreamIdJson {
        @JsonCreator
        static StreamId of(String value) {
            return StreamId.of(value);
        }

        @JsonValue
        abstract String value();
    }

    private abstract static class StreamPrefixJson {
        @JsonCreator
        static StreamPrefix of(String value) {
            return StreamPrefix.of(value);
        }

        @JsonValue
        abstract String value();
    }

    private abstract static class StreamPatternJson {
        @JsonCreator
        static StreamPattern of(String value) {
            return StreamPattern.of(value);
        }

        @JsonValue
        abstract String value();
    }

    private abstract static class StreamVersionJson {
        @JsonCreator
        static StreamVersion of(long value) {
            return StreamVersion.of(value);
        }

        @JsonValue
        abstract long value();
    }

    private abstract static class GlobalPositionJson {
        @JsonCreator
        static GlobalPosition of(long value) {
            return GlobalPosition.of(value);
        }

        @JsonValue
        abstract long value();
    }
}
