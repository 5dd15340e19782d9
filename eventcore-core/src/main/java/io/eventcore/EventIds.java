package io.eventcore;

import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ids for new events: UUIDs of version 7 (RFC 9562, section 5.7), so that ids made at about the same time lie
 * together in an index.
 */
final class EventIds {
    private static final long VERSION_7 = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    /** Differs between processes, whatever state their thread-local generators start in. */
    private static final long SALT = new SecureRandom().nextLong();

    private EventIds() {}

    static UUID next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long time = System.currentTimeMillis() << 16;
        long high = time | VERSION_7 | (random.nextLong() & 0x0FFFL);
        long low = VARIANT | ((random.nextLong() ^ SALT) >>> 2);
        return new UUID(high, low);
    }
}
