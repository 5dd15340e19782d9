package io.eventcore.serialization.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.internal.CanonicalJsonTest.Account;
import io.eventcore.serialization.internal.CanonicalJsonTest.Card;
import io.eventcore.serialization.internal.CanonicalJsonTest.Iban;
import io.eventcore.serialization.internal.CanonicalJsonTest.Left;
import io.eventcore.serialization.internal.CanonicalJsonTest.Means;
import io.eventcore.serialization.internal.CanonicalJsonTest.Money;
import io.eventcore.serialization.internal.CanonicalJsonTest.Phone;
import io.eventcore.serialization.internal.CanonicalJsonTest.Right;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever values two commands hold, they have the same hash if and only if they are equal. */
@SuppressWarnings("JdkObsolete") // A LinkedList is a list like any other.
class CanonicalLawsTest {
    private static final int COMMANDS = 700;
    private static final Means[] MEANS = {
        Card.FIRST, Card.SECOND, Account.FIRST, new Phone("a"), new Iban("a"), new Cash("a")
    };

    record Cash(String number) implements Means {}

    /** A position of every kind. */
    record Everywhere<T>(
            @Nullable Object any,
            @Nullable T variable,
            Means means,
            List<Object> list,
            Set<?> set,
            Collection<Object> collection,
            Map<Object, Object> map,
            Map<String, Object> texts,
            Optional<Object> optional) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void commands_are_equal_if_and_only_if_their_hashes_are(long seed) {
        CanonicalJson json = new CanonicalJson(EventJson.builder().build());
        Random random = new Random(seed);
        Map<Object, String> hashes = new HashMap<>();
        Map<String, Object> commands = new HashMap<>();
        for (int i = 0; i < COMMANDS; i++) {
            Object command = command(random);
            String hash = json.hash(command);

            assertThat(hashes.putIfAbsent(command, hash))
                    .as("an equal one before %s", command)
                    .isIn(null, hash);
            assertThat(commands.putIfAbsent(hash, command))
                    .as("one of this hash before")
                    .isIn(null, command);
        }
        assertThat(hashes).as("some are equal").hasSizeLessThan(COMMANDS).hasSizeGreaterThan(COMMANDS / 10);
    }

    /** Differs from others in one position only, so that many are alike. */
    private static Object command(Random random) {
        int depth = random.nextInt(3);
        Object value = value(random, depth);
        Collection<Object> several = elements(random, depth);
        return switch (random.nextInt(9)) {
            case 0 -> everywhere(value, null, Card.FIRST, List.of(), Set.of(), List.of(), Map.of(), Map.of());
            case 1 -> everywhere(null, value, Card.FIRST, List.of(), Set.of(), List.of(), Map.of(), Map.of());
            case 2 ->
                everywhere(
                        null,
                        null,
                        MEANS[random.nextInt(MEANS.length)],
                        List.of(),
                        Set.of(),
                        List.of(),
                        Map.of(),
                        Map.of());
            case 3 ->
                everywhere(null, null, Card.FIRST, list(random, several), Set.of(), List.of(), Map.of(), Map.of());
            case 4 ->
                everywhere(null, null, Card.FIRST, List.of(), set(random, several), List.of(), Map.of(), Map.of());
            case 5 ->
                everywhere(
                        null,
                        null,
                        Card.FIRST,
                        List.of(),
                        Set.of(),
                        random.nextBoolean() ? set(random, several) : list(random, several),
                        Map.of(),
                        Map.of());
            case 6 ->
                everywhere(null, null, Card.FIRST, List.of(), Set.of(), List.of(), map(random, several), Map.of());
            case 7 ->
                everywhere(null, null, Card.FIRST, List.of(), Set.of(), List.of(), Map.of(), texts(random, several));
            default ->
                new Everywhere<>(
                        null,
                        null,
                        Card.FIRST,
                        List.of(),
                        Set.of(),
                        List.of(),
                        Map.of(),
                        Map.of(),
                        Optional.ofNullable(value));
        };
    }

    private static Object everywhere(
            @Nullable Object any,
            @Nullable Object variable,
            Means means,
            List<Object> list,
            Set<?> set,
            Collection<Object> collection,
            Map<Object, Object> map,
            Map<String, Object> texts) {
        return new Everywhere<>(any, variable, means, list, set, collection, map, texts, Optional.empty());
    }

    private static @Nullable Object value(Random random, int depth) {
        return switch (random.nextInt(depth == 0 ? 22 : 30)) {
            case 0 -> null;
            case 1 -> "a";
            case 2 -> "1";
            case 3 -> 1;
            case 4 -> 1L;
            case 5 -> (short) 1;
            case 6 -> 1.0;
            case 7 -> 1.0f;
            case 8 -> new BigDecimal("1.0");
            case 9 -> new BigDecimal("1.00");
            case 10 -> true;
            case 11 -> 'a';
            case 12 -> "@class";
            case 13 -> Instant.EPOCH;
            case 14 -> LocalDate.EPOCH;
            case 15 -> new UUID(0, 1);
            case 16 -> StreamId.of("a");
            case 17 -> MEANS[random.nextInt(MEANS.length)];
            case 18 -> new Left("a");
            case 19 -> new Right("a");
            case 20 -> new Money(1, random.nextBoolean() ? "EUR" : "USD");
            case 21 -> "b";
            case 22 -> Optional.ofNullable(value(random, depth - 1));
            case 23, 24 -> list(random, elements(random, depth - 1));
            case 25, 26 -> set(random, elements(random, depth - 1));
            case 27 -> texts(random, elements(random, depth - 1));
            default -> map(random, elements(random, depth - 1));
        };
    }

    private static Collection<Object> elements(Random random, int depth) {
        Collection<Object> elements = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            Object element = value(random, Math.max(0, depth));
            elements.add(element == null ? "b" : element);
        }
        return elements;
    }

    private static List<Object> list(Random random, Collection<Object> elements) {
        return switch (random.nextInt(4)) {
            case 0 -> new ArrayList<>(elements);
            case 1 -> new LinkedList<>(elements);
            case 2 -> Collections.unmodifiableList(new ArrayList<>(elements));
            default -> List.copyOf(elements);
        };
    }

    private static Set<Object> set(Random random, Collection<Object> elements) {
        return switch (random.nextInt(3)) {
            case 0 -> new HashSet<>(elements);
            case 1 -> new LinkedHashSet<>(elements);
            default -> Set.copyOf(elements);
        };
    }

    private static Map<Object, Object> map(Random random, Collection<Object> keys) {
        Map<Object, Object> map = random.nextBoolean() ? new HashMap<>() : new LinkedHashMap<>();
        for (Object key : keys) {
            map.put(key, random.nextBoolean() ? "x" : 1);
        }
        return random.nextBoolean() ? map : Map.copyOf(map);
    }

    private static Map<String, Object> texts(Random random, Collection<Object> values) {
        Map<String, Object> map = random.nextBoolean() ? new HashMap<>() : new LinkedHashMap<>();
        for (Object value : values) {
            map.put(random.nextBoolean() ? "@class" : "k" + random.nextInt(2), value);
        }
        return map;
    }
}
