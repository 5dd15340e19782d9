package io.eventcore;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An immutable list that grows at its end without being copied: adding ten thousand events takes linear time, although
 * each step returns a new value.
 */
final class EventChain {
    private final @Nullable EventChain before;
    private final @Nullable NewEvent last;
    private final int size;

    /** Callers ask for it repeatedly, in loops too; each thread makes it at most once. */
    private volatile @Nullable List<NewEvent> list;

    EventChain() {
        this(null, null, 0);
    }

    private EventChain(@Nullable EventChain before, @Nullable NewEvent last, int size) {
        this.before = before;
        this.last = last;
        this.size = size;
    }

    EventChain plus(NewEvent event) {
        return new EventChain(this, event, size + 1);
    }

    int size() {
        return size;
    }

    List<NewEvent> toList() {
        List<NewEvent> made = list;
        if (made == null) {
            made = makeList();
            list = made;
        }
        return made;
    }

    private List<NewEvent> makeList() {
        NewEvent[] events = new NewEvent[size];
        EventChain link = this;
        while (link.before != null && link.last != null) {
            events[link.size - 1] = link.last;
            link = link.before;
        }
        return Collections.unmodifiableList(Arrays.asList(events));
    }
}
