package io.eventcore.transfer;

import io.eventcore.EventTag;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.serialization.internal.MetadataJson;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Reads an export, line by line, and checks all of it: that no line was changed, left out or moved, and that the last one is
 * there. Compressed or not. Not safe for concurrent use.
 */
final class LogFileReader implements Closeable {
    private static final int GZIP_MAGIC = 0x1f8b;
    private static final int BUFFER = 1 << 16;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private int bufferAt;
    private int bufferEnd;

    private byte[] line = new byte[4096];
    private int lineLength;
    private long lineNumber;

    private final LogHash hash = new LogHash();
    private final GlobalPosition upTo;
    private final boolean tellsTags;
    private final UnaryOperator<ExportedEvent> tagging;
    private long events;
    private GlobalPosition last = GlobalPosition.START;
    private boolean ended;

    private LogFileReader(InputStream in, UnaryOperator<ExportedEvent> tagging) throws IOException {
        this.in = in;
        this.tagging = tagging;
        if (!readLine()) {
            throw broken("the file is empty", null);
        }
        try {
            LineCursor cursor = new LineCursor(line, lineLength);
            if (!cursor.passes(LogLines.FORMAT)) {
                throw broken("this is not an export of an event store", null);
            }
            long version = cursor.number();
            if (version < LogLines.WITHOUT_TAGS || version > LogLines.VERSION) {
                throw broken(
                        "the format has version %d, this library reads versions %d to %d"
                                .formatted(version, LogLines.WITHOUT_TAGS, LogLines.VERSION),
                        null);
            }
            this.tellsTags = version != LogLines.WITHOUT_TAGS;
            cursor.pass(LogLines.UP_TO);
            this.upTo = GlobalPosition.of(cursor.number());
            cursor.passEnd("}");
        } catch (LineCursor.MalformedException e) {
            throw broken(e.getMessage(), null);
        }
    }

    /**
     * Opens a file and reads its first line.
     *
     * @param tagging makes of each event the one that is given out
     * @throws TransferFileException if it is no export
     */
    static LogFileReader open(Path file, UnaryOperator<ExportedEvent> tagging) {
        InputStream opened = null;
        try {
            opened = new BufferedInputStream(Files.newInputStream(file), BUFFER);
            opened.mark(2);
            int magic = opened.read() << 8 | opened.read();
            opened.reset();
            if (magic == GZIP_MAGIC) {
                opened = new GZIPInputStream(opened, BUFFER);
            }
            return new LogFileReader(opened, tagging);
        } catch (IOException e) {
            close(opened, e);
            throw new TransferFileException(0, "The file " + file + " cannot be read", e);
        } catch (TransferFileException e) {
            close(opened, e);
            throw e;
        }
    }

    private static void close(@Nullable InputStream opened, Exception failure) {
        try {
            if (opened != null) {
                opened.close();
            }
        } catch (IOException alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }

    /** The position of the last event. */
    GlobalPosition upTo() {
        return upTo;
    }

    /** Whether the file tells the tags of events: one without any then carries none. */
    boolean tellsTags() {
        return tellsTags;
    }

    /** The number of the line that was read last. */
    long lineNumber() {
        return lineNumber;
    }

    /**
     * The next event; null when the last line was read and is what it should be.
     *
     * @throws TransferFileException if the next line is not what was written
     */
    @Nullable
    ExportedEvent next() {
        if (ended) {
            return null;
        }
        ExportedEvent event;
        try {
            if (!readLine()) {
                throw new TransferFileException(lineNumber + 1, "the file is cut off: its last line is missing", null);
            }
            LineCursor cursor = new LineCursor(line, lineLength);
            if (cursor.passes(LogLines.END)) {
                readTrailer(cursor);
                return null;
            }
            event = readEvent(cursor);
        } catch (LineCursor.MalformedException | IllegalArgumentException e) {
            throw broken(String.valueOf(e.getMessage()), null);
        } catch (DateTimeException | JacksonException e) {
            // Their messages quote the line.
            throw broken("it cannot be read", null);
        } catch (IOException e) {
            throw new TransferFileException(lineNumber + 1, "the file is cut off or damaged", e);
        }
        return tagging.apply(event);
    }

    private ExportedEvent readEvent(LineCursor cursor) throws LineCursor.MalformedException {
        cursor.pass(LogLines.HASH);
        String digits = cursor.digits(LogHash.DIGITS);
        cursor.pass("\",");
        if (!digits.equals(hash.add(line, cursor.at(), lineLength - cursor.at()))) {
            throw broken("it was changed, or an earlier line is missing or was moved", null);
        }
        cursor.pass(LogLines.POSITION);
        GlobalPosition position = GlobalPosition.of(cursor.number());
        cursor.pass(LogLines.STREAM);
        String stream = cursor.text();
        StreamId streamId = StreamId.of(stream);
        if (!streamId.value().equals(stream)) {
            throw broken("the id of the stream has white space around it", null);
        }
        cursor.pass(LogLines.STREAM_VERSION);
        StreamVersion version = StreamVersion.of(cursor.number());
        cursor.pass(LogLines.ID);
        String idText = cursor.text();
        UUID id = UUID.fromString(idText);
        cursor.pass(LogLines.TYPE);
        String type = cursor.text();
        cursor.pass(LogLines.RECORDED_AT);
        String timeText = cursor.text();
        Instant recordedAt = Instant.parse(timeText);
        if (!id.toString().equals(idText) || !recordedAt.toString().equals(timeText)) {
            throw broken("its id or its time is malformed", null);
        }
        cursor.pass(LogLines.METADATA);
        byte[] metadata = cursor.flatObject();
        SortedSet<EventTag> tags = tags(cursor);
        byte[] payload = payload(cursor);
        if (position.compareTo(last) <= 0 || position.compareTo(upTo) > 0) {
            throw broken("position %s comes after %s, and the file ends at %s".formatted(position, last, upTo), null);
        }
        last = position;
        events++;
        return ExportedEvent.of(position, streamId, version, id, type, recordedAt, MetadataJson.read(metadata), payload)
                .withTags(tags);
    }

    private SortedSet<EventTag> tags(LineCursor cursor) throws LineCursor.MalformedException {
        SortedSet<EventTag> tags = new TreeSet<>();
        if (!tellsTags || !cursor.passes(LogLines.TAGS)) {
            return tags;
        }
        do {
            String text = cursor.text();
            int colon = text.indexOf(':');
            EventTag tag =
                    colon < 0 ? EventTag.of(text) : EventTag.of(text.substring(0, colon), text.substring(colon + 1));
            boolean inOrder = tags.isEmpty() || tags.last().compareTo(tag) < 0;
            if (!inOrder || !tag.toString().equals(text)) {
                throw broken("its tags are malformed", null);
            }
            tags.add(tag);
        } while (cursor.passes(","));
        cursor.pass("]");
        return tags;
    }

    private byte[] payload(LineCursor cursor) throws LineCursor.MalformedException {
        if (cursor.passes(LogLines.PAYLOAD_TEXT)) {
            byte[] text = LogLines.utf8(cursor.text());
            cursor.passEnd("}");
            return text;
        }
        cursor.pass(LogLines.PAYLOAD);
        byte[] payload = cursor.restBut('}');
        if (!LogLines.isOneLineOfJson(payload)) {
            throw broken("the payload is not JSON", null);
        }
        return payload;
    }

    private void readTrailer(LineCursor cursor) throws LineCursor.MalformedException, IOException {
        long count = cursor.number();
        cursor.pass(LogLines.END_POSITION);
        long position = cursor.number();
        cursor.pass(LogLines.END_HASH);
        String sha256 = cursor.text();
        cursor.passEnd("}}");
        if (count != events || position != last.value() || !sha256.equals(hash.all()) || !last.equals(upTo)) {
            throw broken(
                    "the last line says %d events up to position %d, the file holds %d up to %s"
                            .formatted(count, position, events, last),
                    null);
        }
        if (readLine()) {
            throw broken("more follows after the last line", null);
        }
        ended = true;
    }

    /** What the file holds, once its last line was read. */
    TransferResult result(long written) {
        if (!ended) {
            throw new IllegalStateException("The last line was not read");
        }
        return new TransferResult(events, written, last, hash.all());
    }

    /** Reads a line without the break at its end; false if there is none. */
    private boolean readLine() throws IOException {
        lineLength = 0;
        while (true) {
            if (bufferAt == bufferEnd) {
                bufferAt = 0;
                bufferEnd = Math.max(0, in.read(buffer, 0, BUFFER));
                if (bufferEnd == 0) {
                    if (lineLength > 0) {
                        throw new TransferFileException(
                                lineNumber + 1, "the file is cut off in the middle of this line", null);
                    }
                    return false;
                }
            }
            int from = bufferAt;
            while (bufferAt < bufferEnd && buffer[bufferAt] != '\n') {
                bufferAt++;
            }
            append(from, bufferAt - from);
            if (bufferAt < bufferEnd) {
                bufferAt++;
                lineNumber++;
                return true;
            }
        }
    }

    private void append(int from, int length) {
        if (length > LogLines.MAX_BYTES - lineLength) {
            throw new TransferFileException(
                    lineNumber + 1, "it has more than %d bytes".formatted(LogLines.MAX_BYTES), null);
        }
        int whole = lineLength + length;
        if (whole > line.length) {
            line = Arrays.copyOf(line, (int) Math.min(Math.max(whole, 2L * line.length), LogLines.MAX_BYTES));
        }
        System.arraycopy(buffer, from, line, lineLength, length);
        lineLength = whole;
    }

    private TransferFileException broken(@Nullable String why, @Nullable Throwable cause) {
        return new TransferFileException(Math.max(1, lineNumber), String.valueOf(why), cause);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new TransferFileException(0, "The file cannot be closed", e);
        }
    }
}
