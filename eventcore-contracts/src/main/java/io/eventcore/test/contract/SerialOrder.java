package io.eventcore.test.contract;

import io.eventcore.EventQuery;
import io.eventcore.test.contract.SchoolEvent.Noted;
import io.eventcore.test.contract.SchoolEvent.Revised;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Whether decisions could have been made one after the other: the graph of which one has seen what of which other. */
final class SerialOrder {
    private SerialOrder() {}

    /**
     * A decision that was made.
     *
     * @param epoch when it was made: decisions of different ones have no tag in common
     * @param query what it rests on
     * @param seen the numbers of the events that it has read
     * @param written its events
     */
    record Decision(int epoch, EventQuery query, Set<Long> seen, List<SchoolEvent> written) {}

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

    /** How many are left when those are taken away, again and again, that come before all others that are left. */
    static int inCircles(List<Decision> decisions) {
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
