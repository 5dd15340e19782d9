package io.eventcore.test;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.eventcore.Event;
import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import io.eventcore.serialization.EventOrigin;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.NameReading;
import io.eventcore.serialization.PersonalEvent;
import io.eventcore.serialization.SerializedEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The file that remembers every stored name that was ever committed: the shape of its events, and samples of them with what
 * they are read as.
 */
final class TypesLock {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Upcasters may look at where an event comes from; each time it is the same place. */
    private static final EventOrigin ANY =
            new EventOrigin(new UUID(0, 1), StreamId.of("sample"), EventMetadata.empty(), Instant.EPOCH);

    private final Path file;
    private final EventTypes types;
    private final EventSerializer serializer;
    private final Map<Class<? extends Event>, List<Event>> samples = new LinkedHashMap<>();

    /** Of this file and this code. {@code given} are samples beside those that can be made. */
    TypesLock(Path file, EventTypes types, EventSerializer serializer, List<? extends Event> given) {
        this.file = file;
        this.types = types;
        this.serializer = serializer;
        for (Class<? extends Event> type : types.types()) {
            Stream<? extends Event> own = given.stream().filter(event -> event.getClass() == type);
            samples.put(type, Stream.concat(Samples.of(type).stream(), own).toList());
        }
    }

    /** What the code does otherwise than the file says; empty if nothing. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        SortedMap<String, Locked> all = read();
        all.forEach((name, locked) -> locked.samples().forEach(sample -> checkReading(name, sample, problems)));
        samples.forEach((type, of) -> {
            String name = types.nameOf(type);
            Locked locked = all.get(name);
            if (of.isEmpty()) {
                problems.add("'%s': no sample of %s can be made: pass one to assertCompatible"
                        .formatted(name, type.getName()));
            } else if (locked == null) {
                problems.add("'%s' (%s) is not in the file".formatted(name, type.getName()));
            } else {
                checkShape(name, type, locked, problems);
            }
        });
        checkNames(all, problems);
        return problems.stream().distinct().toList();
    }

    /** Names that no class has as its own: aliases, and those that upcasters begin at. */
    private void checkNames(SortedMap<String, Locked> all, List<String> problems) {
        Set<String> now = types.storedNames();
        all.forEach((name, locked) -> {
            if (locked.samples().isEmpty() && !now.contains(name)) {
                problems.add(
                        "'%s': what is stored cannot be read any more: no class has this name, and no upcaster begins at it"
                                .formatted(name));
            }
        });
        formerNames().stream()
                .filter(name -> !all.containsKey(name))
                .forEach(name -> problems.add("'%s' is read, and is not in the file".formatted(name)));
    }

    private Set<String> formerNames() {
        Set<String> names = new TreeSet<>(types.storedNames());
        types.types().forEach(type -> names.remove(types.nameOf(type)));
        return names;
    }

    private void checkReading(String name, Sample sample, List<String> problems) {
        try {
            List<Read> now = readings(name, sample.payload());
            if (!now.equals(sample.readings(name))) {
                problems.add("'%s': what is stored is read as something else: %s"
                        .formatted(name, JsonDifference.between(sample.readings(name), now)));
            }
        } catch (RuntimeException e) {
            problems.add("'%s': what is stored cannot be read any more: %s".formatted(name, e.getMessage()));
        }
    }

    private void checkShape(String name, Class<? extends Event> type, Locked locked, List<String> problems) {
        List<String> changes = differences(locked.shape(), EventShape.of(type));
        if (!changes.isEmpty()) {
            problems.add("'%s' (%s) has another shape: %s".formatted(name, type.getName(), String.join("; ", changes)));
        }
    }

    private static List<String> differences(SortedMap<String, String> before, SortedMap<String, String> after) {
        Set<String> paths = new TreeSet<>(before.keySet());
        paths.addAll(after.keySet());
        List<String> changes = new ArrayList<>();
        for (String path : paths) {
            String was = before.get(path);
            String is = after.get(path);
            if (was == null) {
                changes.add("%s is new (%s)".formatted(path, is));
            } else if (is == null) {
                changes.add("%s is gone (%s)".formatted(path, was));
            } else if (!was.equals(is)) {
                changes.add("%s was %s, is %s".formatted(path, was, is));
            }
        }
        return changes;
    }

    /**
     * Makes the file say what the code does, as far as nothing is lost by it: what cannot be read any more stays, since such
     * events may be stored.
     */
    void update() {
        SortedMap<String, Locked> all = read();
        all.replaceAll((name, locked) -> new Locked(
                locked.shape(),
                locked.samples().stream()
                        .map(sample -> readable(name, sample.payload()).orElse(sample))
                        .toList()));
        samples.forEach((type, of) -> {
            String name = types.nameOf(type);
            add(all, name, EventShape.of(type), written(of));
        });
        for (String name : formerNames()) {
            // An alias stands before payloads as its class writes them; what an upcaster begins with no class writes
            // any more.
            List<Event> same = types.classOf(name).map(samples::get).orElse(List.of());
            add(all, name, all.getOrDefault(name, Locked.NOTHING).shape(), written(same));
        }
        write(all);
    }

    private void add(
            SortedMap<String, Locked> all, String name, SortedMap<String, String> shape, List<JsonNode> payloads) {
        Locked before = all.getOrDefault(name, Locked.NOTHING);
        List<Sample> merged = new ArrayList<>(before.samples());
        for (JsonNode payload : payloads) {
            if (!before.payloads().contains(payload)) {
                merged.add(Sample.of(name, payload, readings(name, payload)));
            }
        }
        boolean unmade = merged.isEmpty()
                && samples.keySet().stream().anyMatch(type -> types.nameOf(type).equals(name));
        if (!unmade) {
            all.put(name, new Locked(shape, merged));
        }
    }

    private Optional<Sample> readable(String name, JsonNode payload) {
        try {
            return Optional.of(Sample.of(name, payload, readings(name, payload)));
        } catch (RuntimeException unreadable) {
            return Optional.empty();
        }
    }

    private List<Read> readings(String name, JsonNode payload) {
        if (serializer.reading(name) == NameReading.UNKNOWN) {
            throw new IllegalArgumentException("no event class is registered under this name");
        }
        SerializedEvent stored = SerializedEvent.of(name, JSON.writeValueAsBytes(payload));
        return serializer.deserialize(stored, ANY).stream()
                .map(part -> Read.of(serializer.serialize(part.event())))
                .toList();
    }

    private List<JsonNode> written(List<Event> events) {
        return events.stream()
                .map(serializer::serialize)
                .flatMap(TypesLock::forms)
                .map(JSON::readTree)
                .distinct()
                .toList();
    }

    /** What may stand in a store for one event: it may be read before or after its persons were erased. */
    private static Stream<byte[]> forms(SerializedEvent stored) {
        return stored instanceof PersonalEvent personal
                ? Stream.of(personal.plainPayload(), personal.payloadWithPlaceholders())
                : Stream.of(stored.payload());
    }

    private SortedMap<String, Locked> read() {
        if (!Files.exists(file)) {
            return new TreeMap<>();
        }
        try {
            return JSON.readValue(Files.readAllBytes(file), new TypeReference<TreeMap<String, Locked>>() {});
        } catch (JacksonException e) {
            throw new AssertionError(file + " is not a file of event types: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(SortedMap<String, Locked> all) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(file, JSON.writeValueAsString(all) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the file says about one stored name. */
    record Locked(SortedMap<String, String> shape, List<Sample> samples) {
        static final Locked NOTHING = new Locked(new TreeMap<>(), List.of());

        Locked {
            Objects.requireNonNull(shape, "shape");
            Objects.requireNonNull(samples, "samples");
        }

        List<JsonNode> payloads() {
            return samples.stream().map(Sample::payload).toList();
        }
    }

    /** A payload as it is stored, and what it is read as; absent if that is the same. */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    record Sample(JsonNode payload, Optional<List<Read>> readAs) {
        Sample {
            Objects.requireNonNull(payload, "payload");
        }

        static Sample of(String name, JsonNode payload, List<Read> read) {
            boolean same = read.equals(List.of(new Read(name, payload)));
            return new Sample(payload, same ? Optional.empty() : Optional.of(read));
        }

        List<Read> readings(String name) {
            return readAs.orElseGet(() -> List.of(new Read(name, payload)));
        }
    }

    /** An event as today's code writes it. */
    record Read(String type, JsonNode payload) {
        static Read of(SerializedEvent stored) {
            return new Read(stored.typeName(), JSON.readTree(PersonalEvent.plainPayload(stored)));
        }
    }
}
