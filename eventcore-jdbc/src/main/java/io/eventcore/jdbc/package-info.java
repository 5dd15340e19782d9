/**
 * Stores in the application's own database, through JDBC and in its Spring transactions.
 *
 * <p>{@link io.eventcore.jdbc.JdbcDatabase} is the entry point: it provides the stores, whose names begin with
 * {@code Jdbc}. The rest is private to this package:
 *
 * <ul>
 *   <li>Engines: {@code Engine} lists for each kind of database the parts in which it differs; {@code Dialect} holds them for
 *       tables of given names. Small differences are enums ({@code SqlErrors}, {@code SqlTypes}, {@code SqlExpressions},
 *       {@code SchemaScripts}, {@code IndexCatalog}, {@code LockTimeouts}).
 *   <li>Statements: {@code StreamQueries}, {@code LogQueries}, {@code KeyLookups}, {@code CommandTable}, and {@code Appends}, which
 *       is one function on PostgreSQL and elsewhere {@code StatementAppends} by {@code StreamLocks} and {@code EventWrites}.
 *   <li>The path of an append outside a caller's transaction: {@code OwnAppends} settles, {@code BusyStreams} waits for
 *       locked streams, {@code GroupedAppends} shares transactions, {@code DirectAppends} sends.
 *   <li>Reading: {@code StreamReads} and {@code StreamMerge} for streams, {@code TagReads} by {@code TagHeads} or page
 *       by page by {@code TaggedEvents} for tags, {@code LogReads} for the log; {@code SharedReads} lets waiting
 *       reads share a statement.
 *   <li>Projections: {@code ProjectionLeases}, {@code ProjectionCheckpoints}, {@code ProjectionPartitions}, {@code NewPartitions},
 *       {@code ParkedStreams}, {@code ParkedStreamChanges}.
 *   <li>Connections: {@code Connections} separates those of a caller's transaction from our own,
 *       {@code DataSourceProxies} finds what stands behind a data source; {@code CallersConnection} and
 *       {@code CallersTransaction} work on the former, {@code OwnTransactions} on the latter.
 * </ul>
 */
@NullMarked
package io.eventcore.jdbc;

import org.jspecify.annotations.NullMarked;
