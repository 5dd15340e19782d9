package io.eventcore.jdbc.axon;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The result of a dry run. Immutable.
 *
 * @since 0.1
 */
public final class AxonReport {
    private static final int MAX_PROBLEMS = 100;

    private final long events;
    private final long refused;
    private final Map<String, Long> types;
    private final List<String> unmappedTypes;
    private final List<String> problems;

    private AxonReport(Count count) {
        this.events = count.events;
        this.refused = count.refused;
        this.types = Collections.unmodifiableMap(new TreeMap<>(count.types));
        this.unmappedTypes = List.copyOf(count.unmapped.keySet());
        this.problems = List.copyOf(count.problems);
    }

    /** Whether all events can be exported. */
    public boolean isComplete() {
        return refused == 0;
    }

    /** How many events there are. */
    public long events() {
        return events;
    }

    /** How many of them cannot be exported. */
    public long refused() {
        return refused;
    }

    /** The number of events of each type and revision, with the stored name after an arrow. */
    public Map<String, Long> types() {
        return types;
    }

    /** The types, with their revisions, that have no mapping. */
    public List<String> unmappedTypes() {
        return unmappedTypes;
    }

    /** The problems of events that cannot be exported, at most a hundred. Quotes no payload. */
    public List<String> problems() {
        return problems;
    }

    /** A report for people, on several lines. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("%d events, %d of which cannot be exported%n".formatted(events, refused));
        types.forEach((type, count) -> text.append("%10d  %s%n".formatted(count, type)));
        problems.forEach(problem -> text.append(problem).append(System.lineSeparator()));
        return text.toString();
    }

    /** Collects the results. */
    static final class Count {
        private long events;
        private long refused;
        private final Map<String, Long> types = new TreeMap<>();
        private final Map<String, Boolean> unmapped = new TreeMap<>();
        private final List<String> problems = new ArrayList<>();

        void type(AxonEvent event, String storedName) {
            events++;
            String type = event.payloadType()
                    + event.revision().map(revision -> ", revision " + revision).orElse("");
            types.merge(type + (storedName.isEmpty() ? "" : " -> " + storedName), 1L, Long::sum);
            if (storedName.isEmpty()) {
                unmapped.put(type, true);
            }
        }

        void problem(AxonEvent event, String why) {
            refused++;
            if (problems.size() < MAX_PROBLEMS) {
                problems.add(event + ": " + why);
            }
        }

        AxonReport report() {
            return new AxonReport(this);
        }
    }
}
