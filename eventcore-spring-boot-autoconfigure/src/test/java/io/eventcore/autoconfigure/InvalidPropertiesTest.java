package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

/** A real start, since what counts is what the user reads. */
@ExtendWith(OutputCaptureExtension.class)
class InvalidPropertiesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "eventcore.retry.max-attempts | 0 | must be at least 1",
                "eventcore.retry.initial-delay | -1ms | must not be negative",
                "eventcore.retry.multiplier | 0.5 | must be at least 1",
                "eventcore.retry.multiplier | NaN | must be at least 1",
                "eventcore.retry.max-delay | -1s | must not be negative",
                "eventcore.retry.jitter | 1.5 | must be between 0 and 1",
                "eventcore.retry.budget | -1s | must not be negative",
                "eventcore.limits.max-events | 0 | must be at least 1",
                "eventcore.limits.max-payload | 0B | must be at least 1B",
                "eventcore.limits.max-payload | 257MB | at most 256MB",
                "eventcore.limits.max-metadata | 17MB | at most 16MB",
                "eventcore.limits.max-metadata | 0B | must be at least 1B",
                "eventcore.jdbc.table-prefix | a;drop | must match",
                "eventcore.jdbc.table-prefix | Events | must match",
                "eventcore.jdbc.schema | public\" | must match",
                "eventcore.snapshots.after-events | 0 | must be at least 1",
                "eventcore.snapshots.max-unused | 0 | must be at least 1",
                "eventcore.jdbc.group-commit.max-events | 0 | must be at least 1",
                "eventcore.jdbc.read-bytes | 0B | must be at least 1B",
                "eventcore.jdbc.group-commit.max-bytes | 0B | must be at least 1B",
                "eventcore.projections.batch-size | 0 | must be at least 1",
                "eventcore.projections.lease | 0s | must be positive",
                "eventcore.projections.lease | 1ns | must be at least 100 ms",
                "eventcore.projections.min-poll-interval | 0ms | must be positive",
                "eventcore.projections.max-poll-interval | 1ms | must not be below",
                "eventcore.projections.min-retry-delay | 0ms | must be positive",
                "eventcore.projections.max-retry-delay | -1s | must be positive",
                "eventcore.projections.max-retry-delay | 1ms | must not be below eventcore.projections.min-retry-delay",
                "eventcore.projections.lease | 106752d | must not be longer than 3650 days",
                "eventcore.projections.max-poll-interval | 106752d | must not be longer than 3650 days",
                "eventcore.projections.max-retry-delay | 106752d | must not be longer than 3650 days",
                "eventcore.retry.max-delay | 9ms | must not be below eventcore.retry.initial-delay",
                "eventcore.health.max-standstill | 0s | must be positive",
                "eventcore.event-packages | io.eventcore.autoconfigure.bnak | contain no class that implements io.eventcore.Event",
                "eventcore.event-packages | java.lang.ref | The package 'java.lang.ref'",
                "eventcore.health.max-lag | -1s | must not be negative",
                "eventcore.health.max-append-age | -1s | must not be negative",
                "eventcore.health.max-parked-streams | -1 | must not be negative",
                "eventcore.store | cassandra | io.eventcore.autoconfigure.EventCoreProperties$Store",
                "eventcore.retry.max-attempts | many | \"many\"",
                "eventcore.retry.budget | soon | java.time.Duration",
            })
    void a_value_that_makes_no_sense_stops_the_start_with_the_name_of_the_property(
            String property, String value, String rule, CapturedOutput output) {
        SpringApplicationBuilder application =
                new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE);

        assertThat(catchThrowable(() -> application.run("--" + property + "=" + value)))
                .isNotNull();

        assertThat(output.getOut()).contains("APPLICATION FAILED TO START", property, rule);
    }

    @Test
    void a_misspelt_name_is_told_with_the_one_that_may_be_meant(CapturedOutput output) {
        SpringApplicationBuilder application =
                new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE);

        application
                .run(
                        "--eventcore.projections.batchsize=7",
                        "--eventcore.projections.minPollInterval=6ms",
                        "--eventcore.jdbc.table-prefx=a_",
                        "--eventcore.event-packages[0]=io.eventcore.autoconfigure.bank")
                .close();

        assertThat(output.getOut().lines().filter(line -> line.contains("does not exist")))
                .singleElement()
                .asString()
                .contains("'eventcore.jdbc.table-prefx'", "did you mean 'eventcore.jdbc.table-prefix'?")
                .doesNotContain("a_");
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        EventCoreSerializationAutoConfiguration.class,
        EventCoreMemoryAutoConfiguration.class,
        EventCoreCommandAutoConfiguration.class
    })
    static class Application {}
}
