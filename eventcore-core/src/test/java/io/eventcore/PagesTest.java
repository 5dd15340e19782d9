package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import org.junit.jupiter.api.Test;

class PagesTest {
    @Test
    void the_first_page_of_the_log_begins_at_its_start() {
        assertThat(EventPage.first(10)).isEqualTo(EventPage.after(GlobalPosition.START, 10));
    }

    @Test
    void the_next_page_continues_after_the_batch_and_is_as_large() {
        EventBatch<Event> nothingMatched = new EventBatch<>(List.of(), GlobalPosition.of(41), false);

        assertThat(EventPage.first(10).next(nothingMatched)).isEqualTo(EventPage.after(GlobalPosition.of(41), 10));
    }

    @Test
    void a_page_holds_at_least_one() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventPage.first(0))
                .withMessage("The limit of a page must be at least 1, is 0");
        assertThatIllegalArgumentException().isThrownBy(() -> EventPage.after(GlobalPosition.START, -1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamIdPage.first(0))
                .withMessage("The limit of a page must be at least 1, is 0");
        assertThatIllegalArgumentException().isThrownBy(() -> StreamIdPage.after(StreamId.of("a"), -1));
    }

    @Test
    @SuppressWarnings("NullAway")
    void a_missing_place_is_refused() {
        assertThatNullPointerException()
                .isThrownBy(() -> EventPage.after(null, 1))
                .withMessage("after");
        assertThatNullPointerException().isThrownBy(() -> StreamIdPage.after(null, 1));
        assertThatNullPointerException()
                .isThrownBy(() -> new EventBatch<>(List.of(), null, true))
                .withMessage("continueAfter");
    }
}
