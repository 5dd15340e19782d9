package io.eventcore.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.autoconfigure.bank.BankEvent;
import io.eventcore.projection.Projection;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** A mistake in the declaration of several stores stops the start by one message that names it. */
@ExtendWith(OutputCaptureExtension.class)
class NamedStoresDeclarationTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "eventcore.stores.acme.data-source=nort | eventcore.stores.acme.data-source | names no DataSource"
                        + " bean; there are: north, south",
                "eventcore.stores.acme.target=acme | eventcore.stores.acme.target | data source 'north' is not a"
                        + " routing data source",
                "eventcore.stores.Acme.data-source=north | eventcore.stores | must match [a-z0-9][a-z0-9-]{0,39}",
                "eventcore.stores.hooli.schema=app | eventcore.stores.hooli.data-source | must name a DataSource bean",
                "eventcore.stores.acme.table-prefix=globex_ | eventcore.stores.globex.table-prefix | is that of store 'acme' too",
                "eventcore.stores.acme.table-prefix=Acme_ | eventcore.stores.acme.table-prefix | must match",
                "eventcore.stores.acme.schema=select | eventcore.stores.acme.schema | select",
                "eventcore.store=in-memory | eventcore.store | cannot be set together with eventcore.stores",
                "eventcore.kafka.topic=events | eventcore.kafka.topic | in a NamedStoreConfigurer",
                "eventcore.application-events.enabled=true | eventcore.application-events.enabled | in a NamedStoreConfigurer",
            })
    void it_is_told_with_the_name_of_the_property_and_the_rule(String setting, String property, String rule) {
        Tenants.onH2()
                .withPropertyValues(setting)
                .run(application -> assertThat(allMessages(Objects.requireNonNull(application.getStartupFailure())))
                        .contains(property)
                        .contains(rule));
    }

    @Test
    void a_target_that_the_router_does_not_have_is_told_with_those_it_has() {
        AbstractRoutingDataSource router = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                throw new IllegalStateException("No tenant");
            }
        };
        router.setTargetDataSources(Map.of("ada", Tenants.h2(), "bob", Tenants.h2()));
        ApplicationContextRunner routed = Applications.withoutDatabase()
                .withBean("router", DataSource.class, () -> router)
                .withPropertyValues("eventcore.jdbc.initialize-schema=always");

        routed.withPropertyValues("eventcore.stores.eve.data-source=router")
                .run(application -> assertThat(allMessages(Objects.requireNonNull(application.getStartupFailure())))
                        .contains("eventcore.stores.eve.target")
                        .contains("is not a target of data source 'router'; there are: ada, bob"));
        // A router that needs a thread with a tenant works all the same.
        routed.withPropertyValues("eventcore.stores.ada.data-source=router").run(application -> {
            Tenants.deposit(application, "ada", 1);
            assertThat(Tenants.deposits(application, "ada")).containsExactly(1L);
        });
    }

    @Test
    void the_same_tables_through_two_pools_are_refused() {
        String url = Applications.newH2();
        refused(
                () -> JdbcConnectionPool.create(url, "sa", ""),
                () -> JdbcConnectionPool.create(url + ";LOCK_TIMEOUT=5000", "sa", ""));
    }

    @Test
    void the_same_tables_through_urls_of_other_parameters_are_refused() {
        String url = RealPostgreSql.newDatabase();
        refused(
                () -> new DriverManagerDataSource(url),
                () -> new DriverManagerDataSource(url + (url.contains("?") ? "&" : "?") + "ApplicationName=south"));
    }

    private static void refused(Supplier<DataSource> one, Supplier<DataSource> two) {
        Applications.withoutDatabase()
                .withBean("one", DataSource.class, one)
                .withBean("two", DataSource.class, two)
                .withPropertyValues(
                        "eventcore.jdbc.initialize-schema=always",
                        "eventcore.stores.acme.data-source=one",
                        "eventcore.stores.globex.data-source=two")
                .run(application -> assertThat(allMessages(Objects.requireNonNull(application.getStartupFailure())))
                        .containsPattern("Event stores '(acme|globex)' and '(acme|globex)' use the same tables"));
    }

    @Test
    void a_projection_that_is_a_bean_would_be_shared_and_is_refused() {
        Tenants.onH2()
                .withBean(
                        "balances",
                        Projection.class,
                        () -> Projection.named("balances", BankEvent.class)
                                .on(BankEvent.class, event -> {})
                                .build())
                .run(application -> {
                    FailureAnalysis analysis = Applications.analysisOf(application);
                    assertThat(analysis.getDescription()).contains("balances");
                    assertThat(analysis.getAction()).contains("NamedStoreConfigurer");
                });
    }

    @Test
    void two_projections_of_one_name_on_a_store_are_refused_although_its_database_is_down() {
        Tenants.on(Tenants.h2(), new Tenants.Breakable(Tenants.h2(), true))
                .withBean(NamedStoreConfigurer.class, () -> store -> {
                    if (store.name().equals("initech")) {
                        for (int i = 0; i < 2; i++) {
                            store.projection(Projection.named("balances", BankEvent.class)
                                    .on(BankEvent.class, event -> {})
                                    .build());
                        }
                    }
                })
                .run(application -> assertThat(allMessages(Objects.requireNonNull(application.getStartupFailure())))
                        .contains("'initech'")
                        .contains("balances version 1"));
    }

    @Test
    void a_misspelt_setting_of_a_store_is_warned_of(CapturedOutput output) {
        Tenants.onH2()
                .withPropertyValues("eventcore.stores.acme.tabel-prefix=x_")
                .run(application -> assertThat(output)
                        .contains("The property 'eventcore.stores.acme.tabel-prefix' does not exist;"
                                + " did you mean 'eventcore.stores.table-prefix'?")
                        .doesNotContain("'eventcore.stores.acme.table-prefix' does not exist"));
    }

    private static String allMessages(Throwable failure) {
        StringBuilder messages = new StringBuilder();
        for (Throwable each = failure; each != null; each = each.getCause()) {
            messages.append(each.getMessage()).append('\n');
            if (each
                    instanceof
                    org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException
                            invalid) {
                messages.append(invalid.getName())
                        .append(' ')
                        .append(invalid.getReason())
                        .append('\n');
            }
        }
        return messages.toString();
    }
}
