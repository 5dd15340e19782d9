package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a store holds with the events of a file, which come one after the other. Both are in the same order, so no
 * more than a page is in memory. Not safe for concurrent use.
 */
abstract sealed class Comparison {
    private static final int PAGE = 1_000;

    private final StoredLog log;
    private final GlobalPosition upTo;
    private GlobalPosition after = GlobalPosition.START;
    private List<ExportedEvent> page = List.of();
    private int at;

    private Comparison(StoredLog log, GlobalPosition upTo) {
        this.log = log;
        this.upTo = upTo;
    }

    /**
     * The next event of the file.
     *
     * @throws TransferVerificationException if the store does not hold it, or not in this place
     */
    abstract void next(long line, ExportedEvent event);

    /**
     * The file has no further event.
     *
     * @throws TransferVerificationException if the store holds another one that it must not hold
     */
    abstract void end(long line, ExportedEvent last);

    final StoredLog log() {
        return log;
    }

    /** The next event of the store; null if there is none. */
    final @Nullable ExportedEvent stored() {
        ExportedEvent next = peek();
        at += next == null ? 0 : 1;
        return next;
    }

    /** The next event of the store, which is the next one again; null if there is none. */
    final @Nullable ExportedEvent peek() {
        if (at == page.size()) {
            page = log.read(after, upTo, PAGE);
            at = 0;
            if (page.isEmpty()) {
                return null;
            }
            after = page.get(page.size() - 1).position();
        }
        return page.get(at);
    }

    /** Lets the event at a position further on be the next one. */
    final void goTo(GlobalPosition position) {
        if (position.compareTo(after) > 0) {
            page = List.of();
            at = 0;
            after = GlobalPosition.of(position.value() - 1);
        }
        while (at < page.size() && page.get(at).position().compareTo(position) < 0) {
            at++;
        }
    }

    /** Names what is different, and quotes neither payload nor metadata. */
    static String difference(ExportedEvent expected, ExportedEvent actual) {
        return "the store holds at position %s what differs from the file in %s"
                .formatted(actual.position(), String.join(", ", expected.differencesFrom(actual)));
    }

    /** Each event stands in its own position, and no other one is there. */
    static final class Positions extends Comparison {
        Positions(StoredLog log, GlobalPosition upTo) {
            super(log, upTo);
        }

        @Override
        void next(long line, ExportedEvent event) {
            ExportedEvent actual = stored();
            if (actual == null || actual.position().compareTo(event.position()) > 0) {
                throw new TransferVerificationException(
                        line, event, "nothing is stored at position %s".formatted(event.position()));
            }
            if (actual.position().compareTo(event.position()) < 0) {
                throw more(line, event, actual);
            }
            if (!actual.equals(event)) {
                throw new TransferVerificationException(line, event, difference(event, actual));
            }
        }

        @Override
        void end(long line, ExportedEvent last) {
            ExportedEvent actual = stored();
            if (actual != null) {
                throw more(line, last, actual);
            }
        }

        private static TransferVerificationException more(long line, ExportedEvent event, ExportedEvent actual) {
            return new TransferVerificationException(
                    line, event, "the store holds an event at position %s, the file none".formatted(actual.position()));
        }
    }

    /**
     * All are there; others may stand between them. What was not there before the import is in the order of the file: events
     * that were there may have come in another order, one stream after the other for example.
     */
    static final class Order extends Comparison {
        private final GlobalPosition before;
        private GlobalPosition reached = GlobalPosition.START;

        /** {@code before}: how far the log went before the import. */
        Order(StoredLog log, GlobalPosition before) {
            super(log, GlobalPosition.of(Long.MAX_VALUE));
            this.before = before;
        }

        @Override
        void next(long line, ExportedEvent event) {
            ExportedEvent actual = reached.equals(GlobalPosition.START) ? null : peek();
            if (actual == null || !isMeant(event, actual)) {
                actual = find(line, event);
            }
            if (!actual.equalsButPosition(event)) {
                throw new TransferVerificationException(line, event, difference(event, actual));
            }
            if (actual.position().compareTo(reached) > 0) {
                reached = actual.position();
                stored();
            }
        }

        private ExportedEvent find(long line, ExportedEvent event) {
            GlobalPosition position = log().positionOf(event.streamId(), event.version())
                    .orElseThrow(() -> new TransferVerificationException(line, event, "it is not in the store"));
            ExportedEvent found;
            if (position.compareTo(reached) > 0) {
                goTo(position);
                found = peek();
            } else if (position.compareTo(before) <= 0) {
                found = log().read(GlobalPosition.of(position.value() - 1), position, 1).stream()
                        .findFirst()
                        .orElse(null);
            } else {
                throw new TransferVerificationException(
                        line, event, "it stands before one that comes before it in the file");
            }
            if (found == null) {
                throw new TransferVerificationException(line, event, "it cannot be read");
            }
            return found;
        }

        /** By its place: an id may stand in two streams. */
        private static boolean isMeant(ExportedEvent event, ExportedEvent actual) {
            return actual.streamId().equals(event.streamId())
                    && actual.version().equals(event.version());
        }

        @Override
        void end(long line, ExportedEvent last) {
            // Others append as they like.
        }
    }
}
