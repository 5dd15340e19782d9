package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Writes an export, line by line. Not safe for concurrent use. */
final class LogFileWriter {
    private final OutputStream out;
    private final boolean tellsTags;
    private final LogHash hash = new LogHash();
    private long events;
    private GlobalPosition last = GlobalPosition.START;

    /**
     * Begins an export that ends at this position.
     *
     * @param tellsTags whether events come with their tags
     */
    LogFileWriter(OutputStream out, GlobalPosition upTo, boolean tellsTags) throws IOException {
        this.out = out;
        this.tellsTags = tellsTags;
        line(LogLines.header(upTo, tellsTags));
    }

    void write(ExportedEvent event) throws IOException {
        if (event.position().compareTo(last) <= 0) {
            throw new TransferFileException(
                    0,
                    ("%s comes after position %s: the source must return its events in the order of their positions,"
                                    + " each with a position of its own")
                            .formatted(event, last),
                    null);
        }
        if (!tellsTags && !event.tags().isEmpty()) {
            throw new TransferFileException(
                    0, "%s carries tags, but its source says that events come without tags".formatted(event), null);
        }
        List<byte[]> rest = LogLines.event(event);
        out.write(LogLines.utf8(LogLines.HASH + hash.add(rest) + "\","));
        for (byte[] part : rest) {
            out.write(part);
        }
        out.write('\n');
        events++;
        last = event.position();
    }

    /** Writes the last line; what ends without it is cut off. */
    TransferResult end() throws IOException {
        line(LogLines.trailer(events, last, hash.all()));
        out.flush();
        return new TransferResult(events, events, last, hash.all());
    }

    GlobalPosition last() {
        return last;
    }

    private void line(byte[] content) throws IOException {
        out.write(content);
        out.write('\n');
    }
}
