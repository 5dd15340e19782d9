package io.eventcore.transfer;

import io.eventcore.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Looks for what would end an import in the midst of it: a stream with a gap, an id that stands twice where ids are kept
 * unique, an event that the store cannot keep.
 *
 * <p>In constant memory: where a table is full, it goes on with a part of the keys, and the others are left to another pass
 * over the file. Not safe for concurrent use.
 */
final class LogCheck {
    private static final String REMEDY = ": nothing was stored. The versions of a stream ascend by one%s."
            + " Export the log again, or renumber the events of each stream where the file is made";

    private final StoredLog log;
    private final boolean wholeStreams;
    private final SeenKeys versions;
    private final SeenKeys ids;
    private final boolean uniqueIds;
    private final MessageDigest sha256;
    private boolean firstPass = true;

    LogCheck(StoredLog log, boolean wholeStreams, int capacity) {
        this.log = log;
        this.wholeStreams = wholeStreams;
        this.uniqueIds = log.keepsIdsUnique();
        this.versions = new SeenKeys(capacity);
        this.ids = new SeenKeys(capacity);
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Of a log in which each stream is whole: its first version is 1. */
    static LogCheck ofWholeStreams(StoredLog log) {
        return new LogCheck(log, true, SeenKeys.capacityOfHeap());
    }

    /** Of a log that may continue streams of the store. */
    static LogCheck ofParts(StoredLog log) {
        return new LogCheck(log, false, SeenKeys.capacityOfHeap());
    }

    /**
     * The next event of the file.
     *
     * @throws TransferFileException if it cannot be stored after those before it
     */
    void next(long line, ExportedEvent event) {
        if (firstPass) {
            log.refusal(event).ifPresent(why -> {
                throw new TransferFileException(
                        line,
                        "stream '%s', version %s cannot be stored: %s; nothing was stored"
                                .formatted(event.streamId(), event.version(), why),
                        null);
            });
        }
        checkVersion(line, event);
        if (uniqueIds) {
            checkId(line, event.id());
        }
    }

    /** By 128 bits of a hash that no two streams share, also not on purpose. */
    private void checkVersion(long line, ExportedEvent event) {
        StreamId stream = event.streamId();
        ByteBuffer hash = ByteBuffer.wrap(sha256.digest(stream.value().getBytes(StandardCharsets.UTF_8)));
        int version = (int) event.version().value();
        int previous = versions.put(hash.getLong(), hash.getLong(), version);
        if (previous == SeenKeys.OTHER_PASS
                || (previous == SeenKeys.NONE ? !wholeStreams || version == 1 : version == previous + 1)) {
            return;
        }
        String rule = REMEDY.formatted(wholeStreams ? ", from 1 on" : "");
        throw new TransferFileException(
                line,
                previous == SeenKeys.NONE
                        ? "stream '%s' begins with version %d".formatted(stream, version) + rule
                        : "stream '%s' continues with version %d after version %d".formatted(stream, version, previous)
                                + rule,
                null);
    }

    private void checkId(long line, UUID id) {
        // One to one, so that equal keys are equal ids; spread, for ids of one time begin alike.
        long low = id.getLeastSignificantBits();
        long high = spread(id.getMostSignificantBits() ^ spread(low));
        if (ids.put(high, low, 1) == 1) {
            throw new TransferFileException(
                    line,
                    ("the event id %s also occurs in an earlier line, and this store keeps ids unique: nothing was"
                                    + " stored."
                                    + " Drop the index on event ids for the import, or give one of the two another id")
                            .formatted(id),
                    null);
        }
    }

    private static long spread(long bits) {
        long mixed = (bits ^ (bits >>> 32)) * 0x9E3779B97F4A7C15L;
        return mixed ^ (mixed >>> 29);
    }

    /** After the last event: whether the file has to be passed once more, from its first event on. */
    boolean needsAnotherPass() {
        firstPass = false;
        boolean moreVersions = versions.nextPass();
        boolean moreIds = ids.nextPass();
        return moreVersions || moreIds;
    }
}
