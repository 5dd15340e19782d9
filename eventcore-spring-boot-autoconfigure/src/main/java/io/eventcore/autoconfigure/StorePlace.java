package io.eventcore.autoconfigure;

import javax.sql.DataSource;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The place of one of several stores, and what runs on it.
 *
 * @param dataSource the database; not a routing data source
 * @param sharing how many stores are in this data source, this one included: they share its connections
 * @param schema the schema of its tables; empty for the current schema of the connections
 * @param tablePrefix the prefix of the names of its tables
 * @param transactionManager manages transactions in the database
 * @param setup its projections and reactions
 */
record StorePlace(
        DataSource dataSource,
        int sharing,
        String schema,
        String tablePrefix,
        PlatformTransactionManager transactionManager,
        NamedStoreSetup setup) {}
