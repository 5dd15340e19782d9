package io.eventcore.jdbc;

import io.eventcore.AppendedEvent;
import io.eventcore.EventStreamSlice;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.ExecutionResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;

/**
 * The stored form of a command's result: ids and numbers, nothing of the content of the command.
 *
 * @param attempts how many attempts it took
 * @param nanos how long it took
 * @param events what was written, in order
 * @param versions the version of every stream it rested on
 */
record ResultJson(int attempts, long nanos, List<Written> events, Map<String, Long> versions) {
    /** A mapper of our own: settings of the application must not change how old results are read. */
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    record Written(UUID id, String stream, long version, long position) {}

    static String write(ExecutionResult result) {
        List<Written> events = result.slice().events().stream()
                .map(event -> new Written(
                        event.id(),
                        event.streamId().value(),
                        event.version().value(),
                        event.position().value()))
                .toList();
        Map<String, Long> versions = new LinkedHashMap<>();
        result.versions().forEach((id, version) -> versions.put(id.value(), version.value()));
        return MAPPER.writeValueAsString(
                new ResultJson(result.attempts(), result.elapsed().toNanos(), events, versions));
    }

    static ExecutionResult read(byte[] json) {
        ResultJson stored = MAPPER.readValue(json, ResultJson.class);
        List<AppendedEvent> events = stored.events.stream()
                .map(event -> new AppendedEvent(
                        event.id,
                        StreamId.of(event.stream),
                        StreamVersion.of(event.version),
                        GlobalPosition.of(event.position)))
                .toList();
        Map<StreamId, StreamVersion> versions = new LinkedHashMap<>();
        stored.versions.forEach((id, version) -> versions.put(StreamId.of(id), StreamVersion.of(version)));
        return ExecutionResult.of(
                stored.attempts, new EventStreamSlice(events), versions, Duration.ofNanos(stored.nanos));
    }
}
