package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.EventMetadata;
import io.eventcore.StreamId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;

class PartNumberTest {
    private static final OldEvent STORED = OldEvent.of(
            "name-0",
            JsonNodeFactory.instance.objectNode(),
            new EventOrigin(new UUID(7, 8), StreamId.of("cart-1"), EventMetadata.empty(), Instant.EPOCH));

    private static long number(int... places) {
        PartNumber number = PartNumber.WHOLE;
        for (int place : places) {
            number = number.part(place);
        }
        return number.value();
    }

    /** An upcaster to parts of these names. */
    private static Upcaster split(String from, List<String> names) {
        return Upcaster.from(from)
                .toParts(
                        names,
                        event -> names.stream()
                                .map(name -> new Upcaster.Part(name, event.json()))
                                .toList());
    }

    /** The numbers of the parts by their names, in the order of the parts. */
    private static Map<String, Long> parts(Map<String, Upcaster> upcasters) {
        Map<String, Long> numbers = new LinkedHashMap<>();
        new Upcasting(upcasters)
                .upcast(STORED)
                .forEach(part ->
                        numbers.put(part.part().typeName(), part.number().value()));
        return numbers;
    }

    @Test
    void the_numbers_after_one_split_are_the_places() {
        for (int place = 0; place < 16; place++) {
            assertThat(number(place)).isEqualTo(place);
            assertThat(number(0, place)).isEqualTo(32L * place);
        }
        assertThat(number()).isZero();
        assertThat(number(16)).isEqualTo(16 + 32);
    }

    @Test
    void an_heir_has_the_number_of_what_it_inherits() {
        assertThat(number(3, 0, 0)).isEqualTo(number(3));
        assertThat(number(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isZero();
    }

    @Test
    void no_two_ways_that_are_no_inheritance_end_at_one_number() {
        Set<Long> numbers = new HashSet<>();
        int ways = 0;
        for (int first = 0; first < 70; first++) {
            for (int second = 0; second < 70; second++) {
                for (int third = 1; third < 40; third++) {
                    numbers.add(number(first, second, third));
                    ways++;
                }
                if (second > 0) {
                    numbers.add(number(first, second));
                    ways++;
                }
            }
            numbers.add(number(first));
            ways++;
        }
        assertThat(numbers).hasSize(ways).allMatch(number -> number >= 0);
    }

    @Test
    void an_upcaster_that_is_added_behind_a_part_changes_the_number_of_no_other_and_its_heir_keeps_it() {
        for (int i = 0; i < 300; i++) {
            long seed = System.nanoTime();
            Random random = new Random(seed);
            Map<String, Upcaster> upcasters = new HashMap<>();
            upcasters.put("name-0", split("name-0", List.of("name-1", "name-2", "name-3")));
            Map<Long, String> everGiven = new HashMap<>();
            int names = 4;
            for (int release = 0; release < 8; release++) {
                Map<String, Long> before = parts(upcasters);
                before.forEach((name, number) -> everGiven.put(number, name));
                if (before.isEmpty()) {
                    break;
                }
                String changed = List.copyOf(before.keySet()).get(random.nextInt(before.size()));
                List<String> made = new ArrayList<>();
                for (int part = random.nextInt(5); part > 0; part--) {
                    made.add("name-" + names++);
                }
                Upcaster added = made.isEmpty()
                        ? Upcaster.from(changed).toNothing()
                        : made.size() == 1
                                ? Upcaster.from(changed).to(made.get(0), OldEvent::json)
                                : split(changed, made);
                String heir = made.isEmpty() ? "" : made.get(random.nextInt(made.size()));
                upcasters.put(changed, made.isEmpty() ? added : added.withHeir(heir));

                Map<String, Long> after = parts(upcasters);

                Map<String, Long> others = new LinkedHashMap<>(after);
                made.forEach(others::remove);
                Map<String, Long> kept = new LinkedHashMap<>(before);
                kept.remove(changed);
                assertThat(others).as("seed %s", seed).isEqualTo(kept);
                if (!made.isEmpty()) {
                    assertThat(after.get(heir)).as("seed %s", seed).isEqualTo(before.get(changed));
                }
                for (String part : made) {
                    if (!part.equals(heir)) {
                        assertThat(everGiven).as("seed %s", seed).doesNotContainKey(after.get(part));
                    }
                }
                List<String> order = new ArrayList<>(before.keySet());
                order.addAll(order.indexOf(changed), made);
                order.remove(changed);
                assertThat(after.keySet()).as("seed %s", seed).containsExactlyElementsOf(order);
            }
        }
    }

    @Test
    void of_several_parts_under_the_name_of_the_heir_the_first_is_it_and_there_may_be_none() {
        Upcaster lines = Upcaster.from("name-0")
                .toParts(
                        List.of("opened", "line", "closed"),
                        event -> IntStream.range(0, 4)
                                .mapToObj(i -> new Upcaster.Part(i == 0 ? "opened" : "line", event.json()))
                                .toList());

        assertThat(numbers(lines)).containsExactly(0L, 1L, 2L, 3L);
        assertThat(numbers(lines.withHeir("line"))).containsExactly(1L, 0L, 2L, 3L);
        assertThat(numbers(lines.withHeir("closed"))).containsExactly(1L, 2L, 3L, 4L);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> lines.withHeir("paid"))
                .withMessageContaining("makes no 'paid'");
    }

    private static List<Long> numbers(Upcaster upcaster) {
        return new Upcasting(Map.of("name-0", upcaster))
                .upcast(STORED).stream().map(part -> part.number().value()).toList();
    }

    @Test
    void what_is_split_more_often_than_there_are_numbers_for_names_the_upcaster() {
        Map<String, Upcaster> upcasters = new HashMap<>();
        for (int step = 0; step < 12; step++) {
            upcasters.put("name-" + step, split("name-" + step, List.of("end-" + step, "name-" + (step + 1))));
        }
        assertThat(parts(upcasters)).hasSize(13);
        assertThat(Set.copyOf(parts(upcasters).values())).hasSize(13);

        upcasters.put("name-12", split("name-12", List.of("end-12", "name-13")));

        assertThatThrownBy(() -> parts(upcasters)).hasMessageContaining("from 'name-12'");
        assertThatExceptionOfType(Upcaster.MistakeException.class)
                .isThrownBy(() -> number(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Integer.MAX_VALUE));
        assertThat(number(Integer.MAX_VALUE)).isPositive();
    }
}
