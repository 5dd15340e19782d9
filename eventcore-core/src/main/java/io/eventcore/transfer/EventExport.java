package io.eventcore.transfer;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/**
 * Writes the log of a store to a file: one line of JSON for each event, undecoded, in the order of the log.
 *
 * <pre>{@code
 * EventExport.from(database.storedLog()).toFile(Path.of("events.jsonl.gz"));
 * }</pre>
 *
 * <p>An export may run while the application appends. Its end is fixed when it begins: it holds every event up to that
 * position and none after it, each with its stored tags. It needs memory for one page of events, and for the tags of
 * some thousand pages, however long the log is. Two stores with the same content produce the same bytes. Safe for any
 * number of threads.
 *
 * @since 0.1
 */
public class EventExport {
    private static final int PAGE = 1_000;
    private static final int BUFFER = 1 << 16;

    private final ExportSource source;

    EventExport(ExportSource source) {
        this.source = source;
    }

    /** An export of this log. */
    public static EventExport from(ExportSource source) {
        return new EventExport(Objects.requireNonNull(source, "source"));
    }

    /** As {@link #toFile(Path, Consumer)}, without progress reports. */
    public TransferResult toFile(Path file) {
        return toFile(file, progress -> {});
    }

    /**
     * Writes a new file, compressed by gzip if its name ends with {@code .gz}. Until it is complete and on the disk, it
     * has the suffix {@code .part}.
     *
     * @param progress called after each page, by the calling thread; an exception ends the export
     * @throws TransferFileException if the file already exists or cannot be written, or an event cannot be exported
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    public TransferResult toFile(Path file, Consumer<? super TransferProgress> progress) {
        Objects.requireNonNull(progress, "progress");
        if (Files.exists(file)) {
            throw new TransferFileException(
                    0,
                    "The file " + file + " already exists and is not overwritten: name another file, or remove it",
                    null);
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            TransferResult result = writePart(part, file.toString().endsWith(".gz"), progress);
            Files.move(part, file);
            return result;
        } catch (IOException e) {
            throw new TransferFileException(0, "The file " + file + " cannot be written", e);
        }
    }

    private TransferResult writePart(Path part, boolean compressed, Consumer<? super TransferProgress> progress)
            throws IOException {
        try (FileChannel channel = FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
                OutputStream bytes = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER)) {
            TransferResult result;
            if (compressed) {
                GZIPOutputStream gzip = new GZIPOutputStream(bytes, BUFFER);
                OutputStream lines = new BufferedOutputStream(gzip, BUFFER);
                result = write(lines, progress);
                gzip.finish();
            } else {
                result = write(bytes, progress);
            }
            bytes.flush();
            channel.force(true);
            return result;
        }
    }

    /**
     * Writes to a stream, uncompressed, and leaves it open.
     *
     * @param progress called after each page, by the calling thread; an exception ends the export
     * @throws TransferFileException if the stream cannot be written, or an event cannot be exported
     * @throws io.eventcore.EventStoreException if the store cannot be read
     */
    public TransferResult writeTo(OutputStream out, Consumer<? super TransferProgress> progress) {
        Objects.requireNonNull(progress, "progress");
        try {
            return write(new BufferedOutputStream(out, BUFFER), progress);
        } catch (IOException e) {
            throw new TransferFileException(0, "The export cannot be written", e);
        }
    }

    private TransferResult write(OutputStream out, Consumer<? super TransferProgress> progress) throws IOException {
        GlobalPosition upTo = source.settledEnd();
        LogFileWriter lines = new LogFileWriter(out, upTo, source.tellsTags());
        ProgressMeter meter = new ProgressMeter(TransferProgress.Step.EXPORT, upTo, progress);
        while (lines.last().compareTo(upTo) < 0) {
            List<ExportedEvent> page = source.read(lines.last(), upTo, PAGE);
            if (page.isEmpty()) {
                throw EventStoreUnavailableException.logEndsBefore(upTo, lines.last());
            }
            for (ExportedEvent event : page) {
                lines.write(event);
            }
            meter.passed(page.size(), lines.last());
        }
        return lines.end();
    }
}
