package io.eventcore.jdbc;

import io.eventcore.EventStoreUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a MariaDB server reports about its Galera cluster. Each connection of a client may lead to another node. The
 * guarantees of a single server hold in a cluster only with settings that make a node show what other nodes have
 * committed before.
 */
final class GaleraNode {
    /** Flags for reads and the beginnings of transactions; updates and deletes; inserts. */
    private static final long WAITS_FOR_OTHERS = 1 | 2 | 4;

    private static final String OWN_SETTINGS =
            "SHOW SESSION VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_sync_wait',"
                    + " 'wsrep_dirty_reads', 'wsrep_trx_fragment_size', 'binlog_format')";

    private static final String SERVER_SETTINGS =
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_provider')";

    private static final String PROVIDER_OPTIONS =
            "SHOW GLOBAL VARIABLES WHERE Variable_name = 'wsrep_provider_options'";

    private GaleraNode() {}

    /** Whether a server is a Galera node. Servers built without Galera know none of its settings. */
    static boolean isOne(Connection connection) throws SQLException {
        Map<String, String> settings = settings(connection, SERVER_SETTINGS);
        return isOn(settings.get("wsrep_on"))
                && !settings.getOrDefault("wsrep_provider", "none").equalsIgnoreCase("none");
    }

    /**
     * Checks that a node shows commits in the order in which the cluster has decided them.
     *
     * @throws EventStoreUnavailableException if the node may show another order
     */
    static void checkOrder(Connection connection) throws SQLException {
        String options = settings(connection, PROVIDER_OPTIONS).getOrDefault("wsrep_provider_options", "");
        if (!options.matches("(?s).*\\brepl\\.commit_order\\s*=\\s*3\\b.*")) {
            throw new EventStoreUnavailableException(
                    "This node of a Galera cluster may show commits in another order than it receives them, so"
                            + " readers would miss events:"
                            + " repl.commit_order in wsrep_provider_options must be 3, the default",
                    null);
        }
    }

    /**
     * Checks that a session sees what was acknowledged on any node before.
     *
     * @throws EventStoreUnavailableException if the session may not see that
     */
    static void checkSession(Connection connection) throws SQLException {
        problem(settings(connection, OWN_SETTINGS)).ifPresent(problem -> {
            throw new EventStoreUnavailableException("In a Galera cluster " + problem, null);
        });
    }

    private static Optional<String> problem(Map<String, String> session) {
        if (!isOn(session.get("wsrep_on"))) {
            return Optional.of("the other nodes do not hear of what this session changes: wsrep_on must be ON");
        }
        if ((number(session.get("wsrep_sync_wait")) & WAITS_FOR_OTHERS) != WAITS_FOR_OTHERS) {
            return Optional.of(
                    "this session does not see what was acknowledged on another node a moment ago: wsrep_sync_wait must be 7, in the"
                            + " configuration of each node or in the URL (sessionVariables=wsrep_sync_wait=7), and not only where you"
                            + " write to one node: another one takes its place when that fails");
        }
        if (isOn(session.get("wsrep_dirty_reads"))) {
            return Optional.of(
                    "this session reads from nodes that the others have lost: wsrep_dirty_reads must be OFF");
        }
        if (number(session.get("wsrep_trx_fragment_size")) != 0) {
            return Optional.of(
                    "the event store was not tried with parts of transactions that are sent before the commit:"
                            + " wsrep_trx_fragment_size must be 0");
        }
        return "ROW".equals(session.get("binlog_format"))
                ? Optional.empty()
                : Optional.of("nodes tell each other rows: binlog_format must be ROW");
    }

    private static boolean isOn(@Nullable String value) {
        return "ON".equalsIgnoreCase(value) || "1".equals(value);
    }

    private static long number(@Nullable String value) {
        return value == null ? 0 : Long.parseLong(value);
    }

    private static Map<String, String> settings(Connection connection, String query) throws SQLException {
        return Statements.list(
                        connection,
                        query,
                        row -> Map.entry(row.getString(1).toLowerCase(Locale.ROOT), row.getString(2)))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
