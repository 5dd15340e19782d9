package io.eventcore.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.EventMetadata;
import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.TransientEventStoreException;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that were cut off or changed, and stores that lose what they were given. */
class EventImportTest {
    private static final int EVENTS = 40;

    @TempDir
    Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void export() {
        StoredLog source = emptyLog();
        source.append(events());
        file = folder.resolve("events.jsonl");
        EventExport.from(source).toFile(file);
    }

    private static StoredLog emptyLog() {
        return new InMemoryEventStore(
                        new JacksonEventSerializer(EventTypes.builder().build()))
                .storedLog();
    }

    private static List<ExportedEvent> events() {
        List<ExportedEvent> events = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            events.add(event(1 + i, "cart-" + i % 4, 1 + i / 4, "{\"i\":" + i + "}"));
        }
        return events;
    }

    private static ExportedEvent event(long position, String stream, long version, String payload) {
        return ExportedEvent.of(
                GlobalPosition.of(position),
                StreamId.of(stream),
                StreamVersion.of(version),
                new UUID(position, 0),
                "cart.changed",
                Instant.parse("2024-02-03T04:05:06.000007Z").plusSeconds(position),
                EventMetadata.empty().withActor("a"),
                payload.getBytes(UTF_8));
    }

    /** A file with few bytes. */
    private byte[] small() {
        StoredLog source = emptyLog();
        source.append(events().subList(0, 4));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        EventExport.from(source).writeTo(bytes, progress -> {});
        return bytes.toByteArray();
    }

    private static List<ExportedEvent> all(StoredLog log) {
        return log.read(GlobalPosition.START, GlobalPosition.of(Long.MAX_VALUE), 10_000);
    }

    private Path changed(UnaryOperator<List<String>> change) throws IOException {
        List<String> lines = change.apply(new ArrayList<>(Files.readAllLines(file)));
        Path changed = folder.resolve("changed.jsonl");
        Files.writeString(changed, String.join("\n", lines) + "\n");
        return changed;
    }

    private void assertRefused(Path changed, long line) {
        StoredLog log = emptyLog();
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventImport.into(log).restore(changed))
                .satisfies(refused -> assertThat(refused.line()).isEqualTo(line));
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventImport.into(log).append(changed));
        assertThat(all(log)).isEmpty();
    }

    @Test
    void a_file_reads_as_it_is_documented() throws IOException {
        List<String> lines = Files.readAllLines(file);

        assertThat(lines).hasSize(EVENTS + 2);
        assertThat(lines.get(0)).isEqualTo("{\"format\":\"eventcore-log\",\"version\":2,\"upTo\":40}");
        assertThat(lines.get(1))
                .matches("\\{\"hash\":\"[0-9a-f]{16}\",\"position\":1,\"stream\":\"cart-0\",\"version\":1,"
                        + "\"id\":\"00000000-0000-0001-0000-000000000000\",\"type\":\"cart.changed\","
                        + "\"recordedAt\":\"2024-02-03T04:05:07.000007Z\",\"metadata\":\\{\"actor\":\"a\"},"
                        + "\"payload\":\\{\"i\":0}}");
        assertThat(lines.get(EVENTS + 1))
                .matches("\\{\"end\":\\{\"events\":40,\"position\":40,\"sha256\":\"[0-9a-f]{64}\"}}");
    }

    @Test
    void a_file_that_is_cut_off_anywhere_is_refused_before_anything_is_stored() throws IOException {
        byte[] whole = small();
        Path cut = folder.resolve("cut.jsonl");
        StoredLog log = emptyLog();
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            long lines = new String(whole, 0, length, UTF_8)
                    .chars()
                    .filter(c -> c == '\n')
                    .count();
            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(() -> EventImport.into(log).restore(cut))
                    .satisfies(refused -> assertThat(refused.line()).isEqualTo(lines + 1));
        }
        assertThat(all(log)).isEmpty();
        assertThat(EventImport.into(log).restore(file).written()).isEqualTo(EVENTS);
    }

    @Test
    void a_compressed_file_that_is_cut_off_anywhere_is_refused() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(small());
        }
        Path cut = folder.resolve("cut.gz");
        StoredLog log = emptyLog();
        for (int length = 0; length < bytes.size(); length++) {
            Files.write(cut, Arrays.copyOf(bytes.toByteArray(), length));
            assertThatExceptionOfType(TransferFileException.class)
                    .isThrownBy(() -> EventImport.into(log).append(cut));
        }
        assertThat(all(log)).isEmpty();
        Files.write(cut, bytes.toByteArray());
        assertThat(EventImport.into(log).append(cut).written()).isEqualTo(4);
    }

    @Test
    void any_byte_that_is_changed_is_noticed_in_its_line() throws IOException {
        byte[] whole = small();
        Path changed = folder.resolve("changed.jsonl");
        StoredLog log = emptyLog();
        long line = 1;
        for (int i = 0; i < whole.length; i++) {
            byte[] bytes = whole.clone();
            bytes[i] ^= 1;
            Files.write(changed, bytes);
            long expected = line;
            assertThatExceptionOfType(TransferFileException.class)
                    .as("byte %d", i)
                    .isThrownBy(() -> EventImport.into(log).append(changed))
                    // A changed end of the log shows in the first line or where the log goes beyond.
                    .satisfies(refused -> assertThat(refused.line()).isGreaterThanOrEqualTo(expected))
                    .satisfies(refused -> assertThat(expected == 1 || refused.line() == expected)
                            .isTrue());
            line += whole[i] == '\n' ? 1 : 0;
        }
        assertThat(all(log)).isEmpty();
    }

    @Test
    void lines_that_are_missing_doubled_or_swapped_are_named() throws IOException {
        assertRefused(
                changed(lines -> {
                    lines.remove(10);
                    return lines;
                }),
                11);
        assertRefused(
                changed(lines -> {
                    lines.add(10, lines.get(10));
                    return lines;
                }),
                12);
        assertRefused(
                changed(lines -> {
                    Collections.swap(lines, 20, 21);
                    return lines;
                }),
                21);
        assertRefused(
                changed(lines -> {
                    lines.add("{}");
                    return lines;
                }),
                EVENTS + 3);
        assertRefused(
                changed(lines -> {
                    lines.remove(EVENTS);
                    return lines;
                }),
                EVENTS + 1);
    }

    @Test
    void another_format_is_refused_and_named() throws IOException {
        Path newer = changed(lines -> {
            lines.set(0, lines.get(0).replace("\"version\":2", "\"version\":3"));
            return lines;
        });
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventImport.into(emptyLog()).restore(newer))
                .withMessageContaining("version 3");
        Path none = folder.resolve("none");
        Files.writeString(none, "hello\n");
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventImport.into(emptyLog()).restore(none))
                .withMessageContaining("not an export");
    }

    @Test
    void tags_stand_in_their_line_in_order_and_under_its_hash() throws IOException {
        StoredLog source = emptyLog();
        List<ExportedEvent> tagged = events().stream()
                .map(event -> event.withTags(Set.of(
                        EventTag.of("b", "\"x\":\\"),
                        EventTag.of("kind"),
                        EventTag.of("a", "1"),
                        EventTag.of("a-b", ",)"))))
                .toList();
        source.append(tagged);
        Path withTags = folder.resolve("tags.jsonl");
        EventExport.from(source).toFile(withTags);

        List<String> lines = Files.readAllLines(withTags);
        String tags = ",\"tags\":[\"a-b:,)\",\"a:1\",\"b:\\\"x\\\":\\\\\",\"kind\"],\"payload\":";
        assertThat(lines.get(1)).contains(tags);
        StoredLog copy = emptyLog();
        EventImport.into(copy).restore(withTags);
        assertThat(all(copy)).isEqualTo(tagged);
        for (String other : List.of(tags.replace("a:1", "a:2"), ",\"payload\":")) {
            Path changed = folder.resolve("changed.jsonl");
            List<String> spoilt = new ArrayList<>(lines);
            spoilt.set(7, lines.get(7).replace(tags, other));
            Files.write(changed, spoilt);
            assertRefused(changed, 8);
        }
        Path older = folder.resolve("older.jsonl");
        lines.set(0, lines.get(0).replace("\"version\":2", "\"version\":1"));
        Files.write(older, lines);
        assertRefused(older, 2);
    }

    @Test
    void no_message_quotes_a_payload() throws IOException {
        Path secret = changed(lines -> {
            lines.set(5, lines.get(5).replace("\"payload\":{", "\"payload\":{\"s3cr3t\":"));
            return lines;
        });
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventImport.into(emptyLog()).restore(secret))
                .satisfies(refused -> assertThat(refused.toString()).doesNotContain("s3cr3t"));
    }

    @Test
    void a_file_that_is_there_is_not_overwritten_and_a_half_one_is_never_named_like_a_whole_one() throws IOException {
        byte[] before = Files.readAllBytes(file);
        assertThatExceptionOfType(TransferFileException.class)
                .isThrownBy(() -> EventExport.from(emptyLog()).toFile(file));
        assertThat(file).hasBinaryContent(before);

        StoredLog source = emptyLog();
        source.append(events());
        Path interrupted = folder.resolve("interrupted.jsonl");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> EventExport.from(source).toFile(interrupted, progress -> {
                    throw new IllegalStateException();
                }));
        assertThat(interrupted).doesNotExist();
        EventExport.from(source).toFile(interrupted);
        assertThat(interrupted).hasBinaryContent(before);
    }

    /** A store that does something to an event on its way in. */
    private abstract static class Broken implements StoredLog {
        private final StoredLog log = emptyLog();

        abstract List<ExportedEvent> change(List<ExportedEvent> events);

        @Override
        public GlobalPosition settledEnd() {
            return log.settledEnd();
        }

        @Override
        public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
            return log.read(after, upTo, limit);
        }

        @Override
        public RestoreState beginRestore(GlobalPosition last) {
            return log.beginRestore(last);
        }

        @Override
        public void restore(GlobalPosition after, List<ExportedEvent> events) {
            log.restore(after, change(events));
        }

        @Override
        public void endRestore(GlobalPosition last) {
            log.endRestore(last);
        }

        @Override
        public int append(List<ExportedEvent> events) {
            log.append(change(events));
            return events.size();
        }

        @Override
        public Optional<GlobalPosition> positionOf(StreamId streamId, StreamVersion version) {
            return log.positionOf(streamId, version);
        }
    }

    private static Broken broken(UnaryOperator<List<ExportedEvent>> change) {
        return new Broken() {
            @Override
            List<ExportedEvent> change(List<ExportedEvent> events) {
                return change.apply(new ArrayList<>(events));
            }
        };
    }

    private void assertNoticed(UnaryOperator<List<ExportedEvent>> change, String stream) {
        Broken restored = broken(change);
        assertThatExceptionOfType(TransferVerificationException.class)
                .isThrownBy(() -> EventImport.into(restored).restore(file))
                .satisfies(noticed -> assertThat(noticed.streamId()).isEqualTo(StreamId.of(stream)));
        assertThat(restored.settledEnd()).as("nothing is to be seen").isEqualTo(GlobalPosition.START);
        assertThatExceptionOfType(TransferVerificationException.class)
                .isThrownBy(() -> EventImport.into(broken(change)).append(file));
    }

    @Test
    void a_store_that_drops_swaps_doubles_or_alters_an_event_is_noticed() {
        assertNoticed(
                events -> {
                    events.remove(EVENTS - 1);
                    return events;
                },
                "cart-3");
        assertNoticed(
                events -> {
                    ExportedEvent a = events.get(8);
                    ExportedEvent b = events.get(9);
                    events.set(8, moved(b, a.position().value()));
                    events.set(9, moved(a, b.position().value()));
                    return events;
                },
                "cart-0");
        assertNoticed(
                events -> {
                    events.set(12, event(13, "cart-0", 4, "{\"i\":13}"));
                    return events;
                },
                "cart-0");
    }

    private static ExportedEvent moved(ExportedEvent event, long position) {
        return ExportedEvent.of(
                GlobalPosition.of(position),
                event.streamId(),
                event.version(),
                event.id(),
                event.typeName(),
                event.recordedAt(),
                event.metadata(),
                event.payload());
    }

    @Test
    void whatever_of_an_event_is_altered_is_named() {
        ExportedEvent e = events().get(12);
        List<ExportedEvent> altered = List.of(
                ExportedEvent.of(
                        e.position(),
                        e.streamId(),
                        e.version(),
                        new UUID(9, 9),
                        e.typeName(),
                        e.recordedAt(),
                        e.metadata(),
                        e.payload()),
                ExportedEvent.of(
                        e.position(),
                        e.streamId(),
                        e.version(),
                        e.id(),
                        "other",
                        e.recordedAt(),
                        e.metadata(),
                        e.payload()),
                ExportedEvent.of(
                        e.position(),
                        e.streamId(),
                        e.version(),
                        e.id(),
                        e.typeName(),
                        e.recordedAt().plusNanos(1_000),
                        e.metadata(),
                        e.payload()),
                ExportedEvent.of(
                        e.position(),
                        e.streamId(),
                        e.version(),
                        e.id(),
                        e.typeName(),
                        e.recordedAt(),
                        EventMetadata.empty(),
                        e.payload()),
                ExportedEvent.of(
                        e.position(),
                        e.streamId(),
                        e.version(),
                        e.id(),
                        e.typeName(),
                        e.recordedAt(),
                        e.metadata(),
                        "{}".getBytes(UTF_8)));
        List<String> names = List.of("id", "type", "recordedAt", "metadata", "payload");
        for (int i = 0; i < altered.size(); i++) {
            ExportedEvent other = altered.get(i);
            String name = names.get(i);
            UnaryOperator<List<ExportedEvent>> change = events -> {
                events.set(12, other);
                return events;
            };
            assertThatExceptionOfType(TransferVerificationException.class)
                    .isThrownBy(() -> EventImport.into(broken(change)).restore(file))
                    .withMessageEndingWith("differs from the file in " + name)
                    .satisfies(noticed -> assertThat(noticed.line()).isEqualTo(14));
            assertThatExceptionOfType(TransferVerificationException.class)
                    .isThrownBy(() -> EventImport.into(broken(change)).append(file))
                    .withMessageEndingWith("differs from the file in " + name);
        }
    }

    @Test
    void a_chunk_whose_answer_is_lost_is_stored_once() {
        List<Integer> sent = new ArrayList<>();
        Broken forgetful = new Broken() {
            @Override
            List<ExportedEvent> change(List<ExportedEvent> events) {
                return events;
            }

            @Override
            public void restore(GlobalPosition after, List<ExportedEvent> events) {
                sent.add(events.size());
                if (sent.size() > 1) {
                    super.restore(after, events);
                    throw new TransientEventStoreException("the connection was lost", new IOException());
                }
                throw new TransientEventStoreException("a deadlock", new IOException());
            }
        };

        assertThat(EventImport.into(forgetful).restore(file).written()).isEqualTo(EVENTS);

        assertThat(sent).containsExactly(EVENTS, EVENTS);
        assertThat(all(forgetful)).isEqualTo(events());
    }
}
