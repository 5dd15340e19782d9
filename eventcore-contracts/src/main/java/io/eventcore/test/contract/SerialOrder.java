package io.eventcore.test.contract;

import io.eventcore.Event;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.StreamId;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Revised;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether decisions could have been made one after the other: the graph of what each decision has seen of the others.
 *
 * @since 0.1
 */
public final class SerialOrder {
    private static final String BETWEEN_PARTS = "|";
    private static final String BETWEEN_ELEMENTS = ";";
    private static final String BETWEEN_FIELDS = "~";
    private static final String BETWEEN_VALUES = ",";

    private SerialOrder() {}

    /**
     * A decision that was made.
     *
     * @param epoch when it was made: decisions of different epochs have no tag in common
     * @param query what it rests on
     * @param seen the numbers of the events that it has read
     * @param written its events, {@link Noted} and {@link Revised}
     * @since 0.1
     */
    public record Decision(int epoch, EventQuery query, Set<Long> seen, List<SchoolEvent> written) {
        /** The decision as one line, to send it to another process. */
        public String toLine() {
            return String.join(
                    BETWEEN_PARTS,
                    Integer.toString(epoch),
                    joined(BETWEEN_ELEMENTS, query.items().stream().map(SerialOrder::textOf)),
                    joined(BETWEEN_VALUES, new TreeSet<>(seen).stream().map(Object::toString)),
                    joined(BETWEEN_ELEMENTS, written.stream().map(SerialOrder::textOf)));
        }

        /** The decision that a {@link #toLine() line} describes. */
        public static Decision ofLine(String line) {
            String[] parts = line.split("\\" + BETWEEN_PARTS, -1);
            return new Decision(
                    Integer.parseInt(parts[0]),
                    new EventQuery(list(BETWEEN_ELEMENTS, parts[1], SerialOrder::itemOf)),
                    Set.copyOf(list(BETWEEN_VALUES, parts[2], Long::valueOf)),
                    list(BETWEEN_ELEMENTS, parts[3], SerialOrder::eventOf));
        }
    }

    private static String textOf(EventQuery.Item item) {
        return String.join(
                BETWEEN_FIELDS,
                item.stream().map(StreamId::value).orElse(""),
                joined(BETWEEN_VALUES, item.tags().stream().map(EventTag::value)),
                joined(BETWEEN_VALUES, item.types().stream().map(Class::getSimpleName)));
    }

    private static EventQuery.Item itemOf(String text) {
        String[] fields = text.split(BETWEEN_FIELDS, -1);
        return new EventQuery.Item(
                fields[0].isEmpty() ? Optional.empty() : Optional.of(StreamId.of(fields[0])),
                list(BETWEEN_VALUES, fields[1], subject -> EventTag.of("subject", subject)),
                Set.copyOf(list(BETWEEN_VALUES, fields[2], SerialOrder::typeOf)),
                Set.of());
    }

    private static Class<? extends Event> typeOf(String name) {
        return name.equals("Noted") ? Noted.class : Revised.class;
    }

    private static String textOf(SchoolEvent event) {
        boolean notes = event instanceof Noted;
        return String.join(
                BETWEEN_FIELDS,
                event.getClass().getSimpleName(),
                notes ? ((Noted) event).home() : ((Revised) event).home(),
                joined(BETWEEN_VALUES, (notes ? ((Noted) event).subjects() : ((Revised) event).subjects()).stream()),
                Long.toString(numberOf(event)));
    }

    private static SchoolEvent eventOf(String text) {
        String[] fields = text.split(BETWEEN_FIELDS, -1);
        Set<String> subjects = Set.copyOf(list(BETWEEN_VALUES, fields[2], subject -> subject));
        long number = Long.parseLong(fields[3]);
        return fields[0].equals("Noted")
                ? new Noted(fields[1], subjects, number)
                : new Revised(fields[1], subjects, number);
    }

    private static String joined(String between, Stream<String> texts) {
        return texts.collect(Collectors.joining(between));
    }

    private static <T> List<T> list(String between, String text, Function<String, T> element) {
        return text.isEmpty()
                ? List.of()
                : Stream.of(text.split(between, -1)).map(element).toList();
    }

    static long numberOf(SchoolEvent event) {
        return event instanceof Noted noted ? noted.number() : ((Revised) event).number();
    }

    static boolean matches(EventQuery query, SchoolEvent event) {
        return query.items().stream()
                .anyMatch(item -> (item.types().isEmpty() || item.types().contains(event.getClass()))
                        && (item.stream().isPresent()
                                ? item.stream().get().equals(event.streamId())
                                : event.eventTags().containsAll(item.tags())));
    }

    /**
     * How many decisions of all epochs together are left in the end. From each epoch, the method takes away, again and
     * again, the decisions that no other remaining decision precedes. The result is 0 if there is an order in which the
     * decisions could have been made.
     */
    public static int inCircles(Collection<Decision> decisions) {
        Map<Integer, List<Decision>> epochs = new TreeMap<>();
        decisions.forEach(decision -> epochs.computeIfAbsent(decision.epoch(), epoch -> new ArrayList<>())
                .add(decision));
        return epochs.values().stream().mapToInt(SerialOrder::leftOf).sum();
    }

    private static int leftOf(List<Decision> decisions) {
        int size = decisions.size();
        boolean[][] before = new boolean[size][size];
        int[] predecessors = new int[size];
        for (int reader = 0; reader < size; reader++) {
            for (int writer = 0; writer < size; writer++) {
                if (reader == writer) {
                    continue;
                }
                for (SchoolEvent event : decisions.get(writer).written()) {
                    if (matches(decisions.get(reader).query(), event)) {
                        boolean seen = decisions.get(reader).seen().contains(numberOf(event));
                        before[seen ? writer : reader][seen ? reader : writer] = true;
                    }
                }
            }
        }
        for (int a = 0; a < size; a++) {
            for (int b = 0; b < size; b++) {
                predecessors[b] += before[a][b] ? 1 : 0;
            }
        }
        List<Integer> free = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            if (predecessors[i] == 0) {
                free.add(i);
            }
        }
        int left = size;
        while (!free.isEmpty()) {
            int first = free.remove(free.size() - 1);
            left--;
            for (int b = 0; b < size; b++) {
                if (before[first][b] && --predecessors[b] == 0) {
                    free.add(b);
                }
            }
        }
        return left;
    }
}
