package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventIdsTest {
    @Test
    void an_id_is_a_uuid_of_version_7() {
        List<UUID> ids = Stream.generate(EventIds::next).limit(1_000).toList();

        assertThat(ids).allSatisfy(id -> {
            assertThat(id.version()).isEqualTo(7);
            assertThat(id.variant()).isEqualTo(2);
        });
    }

    @Test
    void an_id_begins_with_the_millisecond_it_was_made_in() {
        long before = System.currentTimeMillis();
        UUID id = EventIds.next();
        long after = System.currentTimeMillis();

        assertThat(id.getMostSignificantBits() >>> 16).isBetween(before, after);
    }

    @Test
    void ids_made_later_come_later() {
        UUID earlier = EventIds.next();
        long millisecond = System.currentTimeMillis();
        while (System.currentTimeMillis() <= millisecond) {
            Thread.onSpinWait();
        }
        UUID later = EventIds.next();

        assertThat(later.toString()).isGreaterThan(earlier.toString());
        assertThat(later).isGreaterThan(earlier);
    }

    @Test
    void ids_do_not_repeat() {
        assertThat(Stream.generate(EventIds::next).limit(100_000).toList()).doesNotHaveDuplicates();
    }
}
