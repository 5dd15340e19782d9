package io.eventcore.test;

import io.eventcore.autoconfigure.EventCoreClock;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Marks a test of events only, so that failures explain missing beans, and gives it a clock that can be advanced.
 *
 * @since 0.1
 */
@AutoConfiguration
public final class EventCoreSliceAutoConfiguration {
    EventCoreSliceAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(EventCoreClock.class)
    TestClock testClock(ObjectProvider<ProjectionRunner> runner, ObjectProvider<ProjectionStore> store) {
        return new TestClock(runner::getObject, store::getObject);
    }

    @Bean
    @ConditionalOnMissingBean(EventCoreClock.class)
    EventCoreClock eventCoreClock(TestClock clock) {
        return new EventCoreClock(clock.clock());
    }
}
