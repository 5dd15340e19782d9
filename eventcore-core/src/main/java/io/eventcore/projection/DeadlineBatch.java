package io.eventcore.projection;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the events of a batch say about deadlines. Leaves out the deadlines that one event of the batch sets and a later
 * one calls off: they are never stored. Used by one thread.
 */
final class DeadlineBatch {
    /** The last one of each correlation is enough: it calls off everything that the earlier ones do. */
    private final Map<String, DeadlineChange.Ended> ended = new LinkedHashMap<>();

    private final Map<String, List<DeadlineChange.Begun>> begun = new HashMap<>();

    void add(List<DeadlineChange> changes) {
        for (DeadlineChange change : changes) {
            if (change instanceof DeadlineChange.Ended end) {
                ended.put(end.correlation(), end);
                begun.remove(end.correlation());
            } else if (change instanceof DeadlineChange.Begun one) {
                begun.computeIfAbsent(one.correlation(), key -> new ArrayList<>())
                        .add(one);
            }
        }
    }

    /** All changes: first the deadlines that are called off, then those that are set, in the order of the log. */
    List<DeadlineChange> changes() {
        List<DeadlineChange> all = new ArrayList<>(ended.values());
        begun.values().stream()
                .flatMap(List::stream)
                .sorted((one, other) ->
                        one.deadline().position().compareTo(other.deadline().position()))
                .forEach(all::add);
        return all;
    }
}
