package io.eventcore.autoconfigure;

import org.junit.jupiter.api.Test;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;

class LifecycleTest {
    @Test
    void everything_works_when_beans_are_made_on_demand() {
        Applications.withH2()
                .withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .run(Applications::assertWorks);
        Applications.withoutDatabase()
                .withInitializer(context ->
                        context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
                .run(Applications::assertWorks);
    }

    @Test
    void everything_works_with_virtual_threads_switched_on() {
        Applications.withH2()
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .run(Applications::assertWorks);
    }
}
