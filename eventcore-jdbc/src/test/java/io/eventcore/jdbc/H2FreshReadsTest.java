package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * No query of ours is answered by H2 out of the result that a session keeps of its last one.
 *
 * <p>A session takes the number of the newest change for the age of a result after it has taken its snapshot of the
 * tables. A commit between the two makes an old result count as newer than that commit, and it is taken again and again
 * until the table is changed once more: a lease, a checkpoint or a command id of before, though the later one is
 * acknowledged. The two steps are so close that no test can step in between; so this one looks at the texts.
 */
class H2FreshReadsTest {
    private static final TableNames NAMES = new TableNames("", TableNames.DEFAULT_PREFIX);

    /** What H2 cannot know the answer of beforehand, or answers with a lock. */
    private static final List<String> FRESH = List.of("RAND()", "FOR UPDATE", "CURRENT_TIMESTAMP", "FINAL TABLE");

    @Test
    void every_query_is_answered_afresh() throws Exception {
        Dialect dialect = new Dialect(Engine.H2, NAMES);
        Connections connections = new Connections(H2Database.INSTANCE.dataSource());
        Map<String, String> queries = new TreeMap<>();
        for (Object holder : List.of(
                dialect,
                new JdbcProjectionStore(dialect, connections),
                new JdbcSnapshotStore(connections, dialect),
                new JdbcExecutedCommands(connections, dialect, ConnectionShare.quarter(OptionalInt.empty())))) {
            collect(holder, queries);
        }

        assertThat(queries).hasSizeGreaterThan(30);
        assertThat(queries.values()).allMatch(H2FreshReadsTest::isFresh);
    }

    private static boolean isFresh(String sql) {
        return FRESH.stream().anyMatch(sql::contains);
    }

    /** The dialect holds its statements in its parts, and those for appends in parts of theirs. */
    private static boolean isPart(Object value) {
        return value.getClass().getPackage().equals(Dialect.class.getPackage()) && !(value instanceof Enum<?>);
    }

    private static void collect(Object holder, Map<String, String> queries) throws IllegalAccessException {
        for (Class<?> type = holder.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                field.setAccessible(true);
                Object value = field.get(holder);
                if (value instanceof String sql && sql.strip().startsWith("SELECT")) {
                    queries.put(type.getSimpleName() + "." + field.getName(), sql);
                } else if ((holder instanceof Dialect
                                || holder instanceof StatementAppends
                                || holder instanceof JdbcProjectionStore)
                        && isPart(value)) {
                    collect(value, queries);
                }
            }
        }
    }
}
