package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.BankEvent.Deposited;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EventFilterTest {
    @Test
    void all_means_every_stream_and_every_type() {
        assertThat(EventFilter.all().matchesAll()).isTrue();
        assertThat(EventFilter.all()).isEqualTo(EventFilter.pattern(StreamPattern.of("*")));
        assertThat(EventFilter.prefix(StreamPrefix.of("a")).matchesAll()).isFalse();
        assertThat(EventFilter.all().ofTypes(Deposited.class).matchesAll()).isFalse();
    }

    @Test
    void types_add_up_and_leave_the_filter_before_alone() {
        EventFilter one = EventFilter.all().ofTypes(Deposited.class);
        EventFilter two = one.ofTypes(BankEvent.class, Deposited.class);

        assertThat(one.types()).containsExactly(Deposited.class);
        assertThat(two.types()).containsExactlyInAnyOrder(Deposited.class, BankEvent.class);
        assertThat(EventFilter.all().types()).isEmpty();
    }

    @Test
    void the_types_are_a_copy_that_nobody_can_change() {
        Set<Class<? extends Event>> mine = new LinkedHashSet<>(Set.of(Deposited.class));
        EventFilter filter = new EventFilter(StreamPattern.all(), mine);
        mine.clear();

        assertThat(filter.types()).containsExactly(Deposited.class).isUnmodifiable();
    }
}
