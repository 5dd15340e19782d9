package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a wrapper of a store forgets must not compile: a default would be silently wrong. */
class StoreInternalsTest {
    @Test
    void nothing_that_the_library_needs_of_a_store_has_a_default() {
        assertThat(defaultsOf(StoreInternals.class)).isEmpty();
    }

    @Test
    void what_has_a_default_for_applications_is_made_of_what_has_none() {
        assertThat(defaultsOf(EventStore.class)).containsExactly("forEachEvent", "readStream", "readStreamAfter");
    }

    private static List<String> defaultsOf(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(Method::isDefault)
                .map(Method::getName)
                .sorted()
                .toList();
    }
}
