package io.eventcore.transfer;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A hash over lines in their order: each contains the one before it. Not safe for concurrent use. */
final class LogHash {
    /** How many hexadecimal digits a line has of its hash: enough to notice a change, and where it is. */
    static final int DIGITS = 16;

    private static final HexFormat HEX = HexFormat.of();

    private final MessageDigest sha256;
    private byte[] current = new byte[32];

    LogHash() {
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Adds a part of a line, and gives the digits that stand at its beginning. */
    String add(byte[] line, int from, int length) {
        sha256.update(current);
        sha256.update(line, from, length);
        current = sha256.digest();
        return HEX.formatHex(current, 0, DIGITS / 2);
    }

    /** As {@link #add(byte[], int, int)}, of a line in parts. */
    String add(List<byte[]> parts) {
        sha256.update(current);
        parts.forEach(sha256::update);
        current = sha256.digest();
        return HEX.formatHex(current, 0, DIGITS / 2);
    }

    /** The hash of all that was added. */
    String all() {
        return HEX.formatHex(current);
    }
}
