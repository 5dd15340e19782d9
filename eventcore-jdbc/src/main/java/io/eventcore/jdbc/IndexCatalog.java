package io.eventcore.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The indexes on the table of events, as the catalog of the database lists them. */
enum IndexCatalog {
    POSTGRESQL {
        @Override
        String select(TableNames names) {
            return names.in("""
                    SELECT i.indexrelid::text, a.attname, i.indisunique
                    FROM pg_index i
                    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(n, o)
                    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n
                    WHERE i.indrelid = to_regclass('eventcore_event') AND i.indisvalid AND i.indpred IS NULL
                    ORDER BY i.indexrelid, k.o
                    """);
        }
    },

    H2 {
        @Override
        String select(TableNames names) {
            return """
                    SELECT INDEX_NAME, LOWER(COLUMN_NAME), IS_UNIQUE
                    FROM INFORMATION_SCHEMA.INDEX_COLUMNS
                    WHERE LOWER(TABLE_SCHEMA) = %s AND LOWER(TABLE_NAME) = '%sevent'
                    ORDER BY INDEX_NAME, ORDINAL_POSITION
                    """.formatted(
                    names.schema().isEmpty() ? "LOWER(CURRENT_SCHEMA)" : "'" + names.schema() + "'", names.prefix());
        }
    },

    /** MariaDB and MySQL. */
    MARIADB {
        @Override
        String select(TableNames names) {
            return """
                    SELECT index_name, lower(column_name), non_unique = 0
                    FROM information_schema.statistics
                    WHERE table_schema = %s AND table_name = '%sevent'
                    ORDER BY index_name, seq_in_index
                    """.formatted(names.schema().isEmpty() ? "DATABASE()" : "'" + names.schema() + "'", names.prefix());
        }
    };

    /**
     * A query for the indexes on the events. Each row holds the index, the name of one of its columns in lower case,
     * and whether the index is unique; the columns of an index come in their order. No row if the table is missing.
     */
    abstract String select(TableNames names);

    /** How often the catalog is read again, at most, while other sessions change it. */
    private static final int MAX_READS = 100;

    /** Whether an index on the same columns exists, under any name; false if the table is missing. */
    boolean has(Connection connection, TableNames names, OptionalIndex index) throws SQLException {
        for (int read = 1; ; read++) {
            try {
                return isListed(connection, names, index);
            } catch (SQLException e) {
                if (read == MAX_READS || !hasChangedMeanwhile(e)) {
                    throw e;
                }
            }
        }
    }

    /** H2 reads its catalog from lists that other sessions change, those of other tables too, and fails if they do. */
    private static boolean hasChangedMeanwhile(SQLException e) {
        return String.valueOf(e.getMessage()).contains(ConcurrentModificationException.class.getName());
    }

    private boolean isListed(Connection connection, TableNames names, OptionalIndex index) throws SQLException {
        Map<String, List<String>> columns = new HashMap<>();
        Set<String> unique = new HashSet<>();
        try (PreparedStatement query = connection.prepareStatement(select(names));
                ResultSet row = query.executeQuery()) {
            while (row.next()) {
                columns.computeIfAbsent(row.getString(1), name -> new ArrayList<>())
                        .add(row.getString(2));
                if (row.getBoolean(3)) {
                    unique.add(row.getString(1));
                }
            }
        }
        return columns.entrySet().stream()
                .anyMatch(found -> found.getValue().equals(index.columns())
                        && (!index.isUnique() || unique.contains(found.getKey())));
    }
}
