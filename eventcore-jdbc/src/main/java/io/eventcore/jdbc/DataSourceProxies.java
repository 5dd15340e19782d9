package io.eventcore.jdbc;

import io.eventcore.internal.OwnThreads;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.IsolationLevelDataSourceAdapter;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/** Looks through the proxies that an application may put before its data source. */
final class DataSourceProxies {
    private static final Logger LOG = LoggerFactory.getLogger(DataSourceProxies.class);

    private DataSourceProxies() {}

    /** The data source behind all proxies. */
    static DataSource target(DataSource dataSource) {
        DataSource innermost = dataSource;
        while (innermost instanceof DelegatingDataSource delegating && delegating.getTargetDataSource() != null) {
            innermost = delegating.getTargetDataSource();
        }
        return innermost;
    }

    /**
     * The source of connections that belong to no transaction. It leaves out every proxy above the innermost one that
     * hands out the transaction's connection, if that proxy does nothing that a connection of ours needs.
     */
    static DataSource outsideOfTransactions(DataSource dataSource) {
        DataSource found = dataSource;
        for (DataSource each = dataSource; isTransparent(each); ) {
            DataSource next = ((DelegatingDataSource) each).getTargetDataSource();
            if (next == null) {
                break;
            }
            if (each instanceof TransactionAwareDataSourceProxy) {
                found = next;
            }
            each = next;
        }
        return found;
    }

    private static boolean isTransparent(DataSource dataSource) {
        return dataSource instanceof TransactionAwareDataSourceProxy
                || dataSource.getClass() == LazyConnectionDataSourceProxy.class
                || dataSource.getClass() == IsolationLevelDataSourceAdapter.class
                || dataSource.getClass() == DelegatingDataSource.class;
    }

    /**
     * Whether this is a routing data source, which chooses the database by what the calling thread carries; so is one
     * that does not say.
     */
    static boolean isRouting(DataSource dataSource) {
        try {
            return dataSource instanceof AbstractRoutingDataSource
                    || dataSource.isWrapperFor(AbstractRoutingDataSource.class);
        } catch (SQLException | RuntimeException | AbstractMethodError e) {
            // A routing data source may fail on a thread that carries nothing.
            LOG.info(
                    "The data source does not reveal what it wraps. It may be a routing data source, so appends do"
                            + " not share transactions",
                    OwnThreads.redacted(e));
            return true;
        }
    }
}
