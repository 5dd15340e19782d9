package io.eventcore.test;

import io.eventcore.Event;
import io.eventcore.RecordedEvent;
import io.eventcore.command.CommandExecutor;
import io.eventcore.internal.SetsDeadlines;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.reaction.Reaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Which events of a scenario a reaction with a deadline answers by a time. Used by one thread. */
final class GivenDeadlines<E extends Event> {
    private final SetsDeadlines rule;
    private final String reaction;
    private final Instant now;
    private final List<Pending<E>> pending = new ArrayList<>();
    private final List<RecordedEvent<E>> due = new ArrayList<>();
    private final Map<Pending<E>, String> fates = new LinkedHashMap<>();

    private record Pending<E extends Event>(RecordedEvent<E> event, String correlation, Instant dueAt) {}

    GivenDeadlines(Reaction<E> reaction, Instant now) {
        CommandExecutor unused = CommandExecutor.builder(new InMemoryEventStore(new AnyEvent()))
                .executedCommands(new InMemoryExecutedCommands())
                .build();
        this.rule = (SetsDeadlines) Reaction.asProjection(reaction, unused);
        this.reaction = reaction.name();
        this.now = now;
    }

    /** In the order in which their deadlines fall due. */
    List<RecordedEvent<E>> dueAmong(List<RecordedEvent<E>> events) {
        for (RecordedEvent<E> event : events) {
            fallDue(event.recordedAt());
            tell(event);
        }
        fallDue(now);
        return due;
    }

    private void tell(RecordedEvent<E> event) {
        try {
            rule.tell(event, new SetsDeadlines.Told() {
                @Override
                public void ends(String correlation) {
                    List<Pending<E>> calledOff = pending.stream()
                            .filter(one -> one.correlation().equals(correlation))
                            .toList();
                    pending.removeAll(calledOff);
                    calledOff.forEach(one -> fates.put(one, nameOf(event) + " has called off"));
                }

                @Override
                public void sets(String correlation, Instant dueAt) {
                    Pending<E> set = new Pending<>(event, correlation, dueAt);
                    pending.add(set);
                    fates.put(set, "has not passed");
                }
            });
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("Reaction '" + reaction + "' has failed", e);
        }
    }

    private void fallDue(Instant by) {
        List<Pending<E>> falling = pending.stream()
                .filter(one -> !one.dueAt().isAfter(by))
                .sorted(Comparator.comparing(Pending::dueAt))
                .toList();
        pending.removeAll(falling);
        falling.forEach(one -> {
            due.add(one.event());
            fates.put(one, "has passed");
        });
    }

    /** What time it is, and what has become of each deadline; names the types of events and nothing that they hold. */
    String told() {
        String each = fates.entrySet().stream()
                .map(fate -> "%s has set a deadline at %s, which %s"
                        .formatted(nameOf(fate.getKey().event()), fate.getKey().dueAt(), fate.getValue()))
                .collect(Collectors.joining("; "));
        return "it is %s; %s".formatted(now, each.isEmpty() ? "no event has set a deadline" : each);
    }

    private static String nameOf(RecordedEvent<?> event) {
        return event.event().getClass().getSimpleName();
    }
}
