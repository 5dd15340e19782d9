package io.eventcore.transfer;

import org.jspecify.annotations.Nullable;

/**
 * A file cannot be read or written as an export: it is cut off, was changed, or is not an export.
 *
 * @since 0.1
 */
public final class TransferFileException extends TransferException {
    private static final long serialVersionUID = 1L;

    private final long line;

    TransferFileException(long line, String message, @Nullable Throwable cause) {
        super(line == 0 ? message : "Line " + line + ": " + message, cause);
        this.line = line;
    }

    /** The line it is about, 1 for the first; 0 if it is about the file as a whole. */
    public long line() {
        return line;
    }
}
