package io.eventcore.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.eventcore.internal.OwnThreads;
import java.sql.SQLException;
import java.util.OptionalInt;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * How many connections a data source has, if it reveals that: HikariCP does, through any proxy that reveals what it
 * wraps.
 */
final class PoolSize {
    private static final Logger LOG = LoggerFactory.getLogger(PoolSize.class);

    private PoolSize() {}

    /** The maximum number of connections of a pool; behind a router, of its smallest pool; empty if unknown. */
    static OptionalInt of(DataSource dataSource) {
        DataSource target = DataSourceProxies.target(dataSource);
        try {
            return target.isWrapperFor(AbstractRoutingDataSource.class)
                    ? smallest(target.unwrap(AbstractRoutingDataSource.class))
                    : Hikari.sizeOf(target);
        } catch (NoClassDefFoundError absent) {
            // HikariCP is not on the class path, so this is no HikariCP pool.
            return OptionalInt.empty();
        } catch (SQLException | RuntimeException | AbstractMethodError e) {
            LOG.debug("A data source does not reveal what it wraps", OwnThreads.redacted(e));
            return OptionalInt.empty();
        }
    }

    private static OptionalInt smallest(AbstractRoutingDataSource routing) {
        DataSource byDefault = routing.getResolvedDefaultDataSource();
        return Stream.concat(Stream.ofNullable(byDefault), routing.getResolvedDataSources().values().stream())
                .map(PoolSize::of)
                .flatMapToInt(OptionalInt::stream)
                .min();
    }

    /** In a separate class, so that nothing else needs the library. */
    private static final class Hikari {
        private Hikari() {}

        static OptionalInt sizeOf(DataSource dataSource) throws SQLException {
            if (!dataSource.isWrapperFor(HikariDataSource.class)) {
                return OptionalInt.empty();
            }
            int size = dataSource.unwrap(HikariDataSource.class).getMaximumPoolSize();
            // Before its first connection, a pool may not have chosen its default yet.
            return size < 1 ? OptionalInt.empty() : OptionalInt.of(size);
        }
    }
}
