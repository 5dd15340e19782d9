package io.eventcore.transfer;

import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.personaldata.PersonalDataProtection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Looks for personal data that could be neither read nor erased, because the store does not have its key. A subject has
 * one key in a store, so a key that the store has created meanwhile excludes the key of the file forever. In constant
 * memory; not safe for concurrent use.
 */
final class KeyCheck {
    private static final int AT_ONCE = 500;

    private final StoredLog log;

    /** The keys that were met since the store was asked, each with the first place where it was. */
    private final Map<UUID, Place> met = new LinkedHashMap<>();

    private record Place(long line, StreamId streamId, StreamVersion version) {}

    KeyCheck(StoredLog log) {
        this.log = log;
    }

    /**
     * The next event of the file.
     *
     * @throws TransferFileException if the store lacks the key of one of those before it, or of this one
     */
    void next(long line, ExportedEvent event) {
        if (PersonalDataProtection.isSealed(event.payload())) {
            PersonalDataProtection.keysOf(event.payload())
                    .forEach(key -> met.putIfAbsent(key, new Place(line, event.streamId(), event.version())));
            if (met.size() >= AT_ONCE) {
                end();
            }
        }
    }

    /** After the last event. */
    void end() {
        if (met.isEmpty()) {
            return;
        }
        Set<UUID> lacking = log.lackingKeys(Set.copyOf(met.keySet()));
        met.forEach((key, place) -> {
            if (lacking.contains(key)) {
                throw new TransferFileException(
                        place.line,
                        ("stream '%s', version %s holds personal data, and this store does not have the key it is"
                                        + " sealed with: nothing was stored. Copy the rows of eventcore_subject_key first; if"
                                        + " keys are kept elsewhere or follow later, declare that (keysComeLater)")
                                .formatted(place.streamId, place.version),
                        null);
            }
        });
        met.clear();
    }
}
