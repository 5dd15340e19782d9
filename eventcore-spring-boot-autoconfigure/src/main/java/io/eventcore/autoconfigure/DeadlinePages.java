package io.eventcore.autoconfigure;

import io.eventcore.GlobalPosition;
import io.eventcore.projection.DeadlinePlace;
import io.eventcore.projection.PendingDeadline;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where a page of deadlines ends, as the endpoint tells it and is asked with: a text that needs no escaping in an address. */
final class DeadlinePages {
    private static final Pattern PLACE = Pattern.compile("(\\d{1,18})-(\\d{1,18})-(\\d{1,18})");

    private DeadlinePages() {}

    /** The end of a page, where more were found than it shows. */
    static @Nullable String end(List<PendingDeadline> found, int shown) {
        if (found.size() <= shown) {
            return null;
        }
        DeadlinePlace last = found.get(shown - 1).place();
        return "%d-%d-%d"
                .formatted(
                        ChronoUnit.MICROS.between(Instant.EPOCH, last.dueAt()),
                        last.position().value(),
                        last.part());
    }

    /** The place that a text tells; the start, unless there is one; nothing if it is none that was told. */
    static Optional<DeadlinePlace> place(@Nullable String end) {
        if (end == null) {
            return Optional.of(DeadlinePlace.START);
        }
        Matcher told = PLACE.matcher(end);
        return told.matches()
                ? Optional.of(new DeadlinePlace(
                        Instant.EPOCH.plus(Long.parseLong(told.group(1)), ChronoUnit.MICROS),
                        GlobalPosition.of(Long.parseLong(told.group(2))),
                        Long.parseLong(told.group(3))))
                : Optional.empty();
    }
}
