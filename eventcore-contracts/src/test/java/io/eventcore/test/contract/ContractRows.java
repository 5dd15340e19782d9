package io.eventcore.test.contract;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedMethod;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Single rows of a contract, whether they stand in the contract or in one of the themes that the contract runs. */
final class ContractRows {
    private ContractRows() {}

    /** Runs one row of {@code contract}, a class that extends the contract, and expects it to fail. */
    static void assertFails(Class<?> contract, String row) {
        EngineTestKit.engine("junit-jupiter")
                .selectors(select(contract, row))
                .execute()
                .testEvents()
                .assertStatistics(stats -> stats.started(1).failed(1));
    }

    /** Selects one row of {@code contract}, a class that extends the contract. */
    static DiscoverySelector select(Class<?> contract, String row) {
        List<Class<?>> themes = List.of(contract.getSuperclass().getDeclaredClasses());
        if (themes.stream().noneMatch(theme -> theme.isAnnotationPresent(Nested.class))) {
            return selectMethod(contract, row);
        }
        Class<?> theme = themes.stream()
                .filter(nested -> Arrays.stream(nested.getSuperclass().getDeclaredMethods())
                        .anyMatch(method -> method.getName().equals(row)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no theme has the row " + row));
        return selectNestedMethod(List.of(contract), theme, row);
    }
}
