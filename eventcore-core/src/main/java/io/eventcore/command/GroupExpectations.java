package io.eventcore.command;

import io.eventcore.ExpectedVersion;
import io.eventcore.NewEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The versions that the decisions of one append expect of streams before that append. A later decision expects the
 * version that the earlier ones lead to. So all agree on the version before the append, or one of them is outdated. A
 * decision that expects any version does not count.
 */
final class GroupExpectations {
    private final Map<StreamId, ExpectedVersion> expected = new LinkedHashMap<>();

    /** How many events the added decisions write to each stream. */
    private final Map<StreamId, Integer> written = new HashMap<>();

    /** Whether the next decision agrees with the added ones on each stream: an append checks a stream only once. */
    boolean agreeWith(StreamWrites next) {
        for (Map.Entry<StreamId, ExpectedVersion> stream : next.streams().entrySet()) {
            if (stream.getValue() instanceof ExpectedVersion.Exactly exactly) {
                long before = exactly.version().value() - writtenTo(stream.getKey());
                boolean agrees = expected.get(stream.getKey()) instanceof ExpectedVersion.Exactly same
                        ? before == same.version().value()
                        : before >= 0;
                if (!agrees) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Adds a decision that agrees with the added ones. */
    void add(StreamWrites next) {
        next.streams().forEach((id, expectation) -> {
            if (expectation instanceof ExpectedVersion.Exactly exactly) {
                expected.put(id, ExpectedVersion.exactly(exactly.version().value() - writtenTo(id)));
            } else {
                expected.merge(id, expectation, (one, other) -> one instanceof ExpectedVersion.Any ? other : one);
            }
        });
        for (NewEvent event : next.events()) {
            written.merge(event.streamId(), 1, Integer::sum);
        }
    }

    private int writtenTo(StreamId id) {
        return written.getOrDefault(id, 0);
    }

    /** What the append must expect of each stream. */
    Map<StreamId, ExpectedVersion> beforeAll() {
        return expected;
    }
}
