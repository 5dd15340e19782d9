package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.core.OverridingClassLoader;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

class PoolSizeTest {
    private final HikariDataSource three = pool(3);
    private final HikariDataSource two = pool(2);

    @AfterEach
    void close() {
        three.close();
        two.close();
    }

    @Test
    void a_pool_tells_its_size_through_any_proxy() {
        DataSource proxies =
                new LazyConnectionDataSourceProxy(new TransactionAwareDataSourceProxy(new DelegatingDataSource(three)));

        assertThat(Stream.of(three, proxies, new Wrapping(three)).map(PoolSize::of))
                .containsOnly(OptionalInt.of(3));
    }

    @Test
    void behind_a_router_the_smallest_pool_counts() {
        assertThat(PoolSize.of(routing(three, Map.of("a", two)))).hasValue(2);
        assertThat(PoolSize.of(routing(two, Map.of("a", three, "b", three)))).hasValue(2);
        assertThat(PoolSize.of(new Wrapping(routing(three, Map.of("a", two))))).hasValue(2);
        assertThat(PoolSize.of(routing(new JdbcDataSource(), Map.of("a", three))))
                .hasValue(3);
    }

    @Test
    void a_data_source_that_is_no_pool_tells_nothing() {
        assertThat(PoolSize.of(new JdbcDataSource())).isEmpty();
    }

    @Test
    void without_the_library_on_the_class_path_nothing_is_told() throws Exception {
        Class<?> type = new WithoutHikari().loadClass(PoolSize.class.getName());
        Method of = type.getDeclaredMethod("of", DataSource.class);
        of.setAccessible(true);

        assertThat(of.invoke(null, new JdbcDataSource())).isEqualTo(OptionalInt.empty());
        assertThat(of.invoke(null, new JdbcDataSource())).isEqualTo(OptionalInt.empty());
    }

    @Test
    void a_size_below_1_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JdbcDatabase.builder(three).poolSize(0))
                .withMessage("poolSize must be at least 1, is 0");
    }

    /** Appends have half of the pool at most, commands with an id a quarter: both together leave some connections. */
    @ParameterizedTest
    @CsvSource({"1, 0, 0", "2, 1, 0", "3, 1, 0", "4, 2, 1", "8, 4, 2", "10, 4, 2", "100, 4, 4"})
    void a_share_leaves_connections_to_others(int pool, int half, int quarter) {
        assertThat(room(ConnectionShare.half(OptionalInt.of(pool)))).isEqualTo(half);
        assertThat(room(ConnectionShare.quarter(OptionalInt.of(pool)))).isEqualTo(quarter);
    }

    @Test
    void of_an_unknown_pool_one_connection_waits() {
        assertThat(room(ConnectionShare.half(OptionalInt.empty()))).isEqualTo(1);
    }

    private static int room(ConnectionShare share) {
        int room = 0;
        while (share.tryBegin()) {
            room++;
        }
        return room;
    }

    private static HikariDataSource pool(int size) {
        HikariConfig config = H2Database.INSTANCE.appConfig();
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(0);
        return new HikariDataSource(config);
    }

    @Test
    void that_of_a_data_source_that_fails_when_it_is_asked_is_unknown() {
        DataSource mute = new AbstractDataSource() {
            @Override
            public Connection getConnection() {
                throw new AssertionError("no connection is needed");
            }

            @Override
            public Connection getConnection(String user, String password) {
                throw new AssertionError("no connection is needed");
            }

            @Override
            public boolean isWrapperFor(Class<?> type) {
                throw new IllegalStateException("no tenant");
            }
        };

        assertThat(PoolSize.of(mute)).isEmpty();
    }

    private static DataSource routing(DataSource byDefault, Map<Object, Object> others) {
        AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
                throw new IllegalStateException("no key on this thread");
            }
        };
        routing.setDefaultTargetDataSource(byDefault);
        routing.setTargetDataSources(others);
        routing.afterPropertiesSet();
        return routing;
    }

    /** As the proxies of other libraries are: it says what it wraps, and is none of Spring's. */
    private static final class Wrapping extends AbstractDataSource {
        private final DataSource wrapped;

        Wrapping(DataSource wrapped) {
            this.wrapped = wrapped;
        }

        @Override
        public Connection getConnection() throws SQLException {
            return wrapped.getConnection();
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return wrapped.getConnection(user, password);
        }

        @Override
        public boolean isWrapperFor(Class<?> type) {
            return type.isInstance(wrapped);
        }

        @Override
        public <T> T unwrap(Class<T> type) {
            return type.cast(wrapped);
        }
    }

    /** Loads the package anew, as where the library is missing. */
    private static final class WithoutHikari extends OverridingClassLoader {
        WithoutHikari() {
            super(PoolSizeTest.class.getClassLoader());
        }

        @Override
        protected boolean isEligibleForOverriding(String className) {
            return className.startsWith("io.eventcore.jdbc.");
        }

        @Override
        public Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("com.zaxxer.hikari.")) {
                throw new ClassNotFoundException(name);
            }
            return super.loadClass(name, resolve);
        }
    }
}
