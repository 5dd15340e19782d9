package io.eventcore.jdbc;

import java.util.regex.Pattern;

/**
 * How the tables and functions of a store are called: a prefix, and a schema where the default one is not meant.
 *
 * <p>Statements and scripts are written with the default prefix and are rewritten, never assembled from values. Both
 * parts are checked, since they are the only text of the configuration that becomes SQL.
 *
 * @param schema the schema (on MariaDB and MySQL the database) of the tables; empty for the connection's own
 * @param prefix what every name begins with
 */
record TableNames(String schema, String prefix) {
    static final String DEFAULT_PREFIX = "eventcore_";

    /** Longest name is the prefix and 20 more; PostgreSQL cuts silently beyond 63. */
    private static final Pattern IDENTIFIER = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

    TableNames {
        if (!schema.isEmpty() && !IDENTIFIER.matcher(schema).matches()) {
            throw new IllegalArgumentException("Schema must match " + IDENTIFIER + ", is '" + schema + "'");
        }
        if (!IDENTIFIER.matcher(prefix).matches()) {
            throw new IllegalArgumentException("Table prefix must match " + IDENTIFIER + ", is '" + prefix + "'");
        }
    }

    /** The same SQL with these names instead of the default ones. */
    String in(String sql) {
        return sql.replace(DEFAULT_PREFIX, schema.isEmpty() ? prefix : schema + "." + prefix);
    }
}
