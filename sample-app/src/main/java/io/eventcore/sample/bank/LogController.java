package io.eventcore.sample.bank;

import io.eventcore.EventBatch;
import io.eventcore.EventFilter;
import io.eventcore.EventPage;
import io.eventcore.EventReader;
import io.eventcore.GlobalPosition;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The log of the whole bank over HTTP. */
@RestController
class LogController {
    private final EventReader log;

    LogController(EventReader log) {
        this.log = log;
    }

    @GetMapping("/api/events")
    Page events(
            @RequestParam(defaultValue = "0") @Min(0) long after,
            @RequestParam(defaultValue = "100") @Min(1) @Max(1000) int limit) {
        GlobalPosition from = GlobalPosition.of(after);
        if (from.compareTo(log.lastPosition()) > 0) {
            // A position that this log never gave: the store would say that its log was set back.
            return new Page(List.of(), from, true);
        }
        EventBatch<BankEvent> batch = log.readEvents(EventFilter.all(), EventPage.after(from, limit), BankEvent.class);
        return new Page(batch.events().stream().map(EventView::of).toList(), batch.continueAfter(), batch.endReached());
    }

    /** Some events, and where to go on: a reader that always goes on there sees every event exactly once. */
    record Page(List<EventView> events, GlobalPosition continueAfter, boolean endReached) {}
}
