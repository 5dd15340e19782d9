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
import java.util.List;

/** Which events of a scenario a reaction with a deadline answers by a time. Used by one thread. */
final class GivenDeadlines<E extends Event> {
    private final SetsDeadlines rule;
    private final String reaction;
    private final Instant now;
    private final List<Pending<E>> pending = new ArrayList<>();
    private final List<RecordedEvent<E>> due = new ArrayList<>();

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
                    pending.removeIf(one -> one.correlation().equals(correlation));
                }

                @Override
                public void sets(String correlation, Instant dueAt) {
                    pending.add(new Pending<>(event, correlation, dueAt));
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
        falling.forEach(one -> due.add(one.event()));
    }
}
