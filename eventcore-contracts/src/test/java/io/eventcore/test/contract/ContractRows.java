package io.eventcore.test.contract;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedMethod;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Single rows of a contract, whether they stand in the contract or in one of the themes that the contract runs. */
final class ContractRows {
    private static final int RUNS = 20;

    private ContractRows() {}

    /** Runs one row of {@code contract}, a class that extends the contract, and expects it to fail. */
    static void assertFails(Class<?> contract, String row) {
        run(contract, row).assertStatistics(stats -> stats.started(1).failed(1));
    }

    /**
     * Whether one row of {@code contract} fails at least once in some runs: a row about races may be lucky, on whatever
     * machine it runs.
     */
    static boolean isCaught(Class<?> contract, String row) {
        return IntStream.range(0, RUNS)
                .anyMatch(run -> run(contract, row).failed().count() > 0);
    }

    /** Runs one row of {@code contract}, a class that extends the contract, with all its arguments if it has some. */
    static Events run(Class<?> contract, String row) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(select(contract, row))
                .execute()
                .testEvents();
    }

    /** Selects one row of {@code contract}, a class that extends the contract. */
    static DiscoverySelector select(Class<?> contract, String row) {
        List<Class<?>> themes = Stream.<Class<?>>iterate(contract, type -> type != Object.class, Class::getSuperclass)
                .flatMap(type -> Arrays.stream(type.getDeclaredClasses()))
                .filter(type -> type.isAnnotationPresent(Nested.class))
                .toList();
        if (themes.isEmpty()) {
            return selectMethod(contract, row);
        }
        return themes.stream()
                .flatMap(theme -> method(theme.getSuperclass(), row).stream()
                        .map(method -> selectNestedMethod(List.of(contract), theme, method)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no theme has the row " + row));
    }

    private static Optional<Method> method(Class<?> theme, String name) {
        return Arrays.stream(theme.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst();
    }
}
