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
        if (!schema.isEmpty()) {
            checkIdentifier("Schema", schema);
        }
        checkIdentifier("Table prefix", prefix);
    }

    /** Throws if a name from the configuration cannot become SQL as it is. */
    static void checkIdentifier(String what, String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new IllegalArgumentException("%s must match %s, is '%s'".formatted(what, IDENTIFIER, name));
        }
    }

    /** The same SQL with these names instead of the default ones. */
    String in(String sql) {
        return sql.replace(DEFAULT_PREFIX, schema.isEmpty() ? prefix : schema + "." + prefix);
    }
}
