package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.test.contract.Race;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** H2 reads its catalog from lists that other sessions are changing, for example while they create tables of their own. */
class H2CatalogTest {
    private static final int TABLES = 300;

    private final JdbcDataSource database = new JdbcDataSource();

    H2CatalogTest() {
        database.setUrl("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    }

    @AfterEach
    void dropDatabase() {
        TestDatabase.execute(database, "SHUTDOWN");
    }

    @Test
    void a_store_is_opened_while_another_session_creates_tables() throws Exception {
        JdbcSchema.in(database).create();
        AtomicBoolean created = new AtomicBoolean();

        Race.run(List.of(
                () -> {
                    try {
                        createTables();
                    } finally {
                        created.set(true);
                    }
                    return 0;
                },
                () -> {
                    while (!created.get()) {
                        assertThat(JdbcSchema.in(database).has(OptionalIndex.EVENT_ID))
                                .isFalse();
                    }
                    return 0;
                }));
    }

    private void createTables() {
        for (int table = 0; table < TABLES; table++) {
            TestDatabase.execute(database, "CREATE TABLE t%d (a INT, b INT, c INT)".formatted(table));
            for (String column : List.of("a", "b", "c")) {
                TestDatabase.execute(database, "CREATE INDEX i%1$d%2$s ON t%1$d (%2$s)".formatted(table, column));
            }
            TestDatabase.execute(database, "DROP TABLE t%d".formatted(table));
        }
    }
}
