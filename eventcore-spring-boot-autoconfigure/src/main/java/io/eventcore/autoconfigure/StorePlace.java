package io.eventcore.autoconfigure;

import javax.sql.DataSource;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Where one of several stores is, and what is to run on it.
 *
 * @param dataSource the database, which no thread chooses
 * @param sharing how many stores are in this data source, this one included: they share its connections
 * @param schema the schema of its tables; empty for the one that connections are in
 * @param tablePrefix what the names of its tables begin with
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
