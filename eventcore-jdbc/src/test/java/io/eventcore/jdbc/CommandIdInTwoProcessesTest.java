package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two processes on one PostgreSQL are given the same commands at the same time, each under one id. */
class CommandIdInTwoProcessesTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;
    private static final int COMMANDS = 100;

    private final String prefix = DATABASE.newTables();
    private final List<InstanceProcess> nodes = new ArrayList<>();

    @AfterEach
    void endAll() {
        nodes.forEach(InstanceProcess::kill);
    }

    @Test
    void each_command_is_executed_once_and_both_are_told_the_same_result() {
        InstanceProcess first = start();
        InstanceProcess second = start();
        assertThat(first.hear()).isEqualTo(CommandNode.READY);
        assertThat(second.hear()).isEqualTo(CommandNode.READY);

        for (int i = 0; i < COMMANDS; i++) {
            // All at once, so that sometimes one is faster and sometimes the other, and each waits for the other.
            String id = (i % 10 == 9 ? "nothing-" : "message-") + i;
            first.tell(id);
            second.tell(id);
        }

        List<String> results = first.hear(COMMANDS);
        assertThat(second.hear(COMMANDS)).isEqualTo(results);
        assertThat(results).doesNotHaveDuplicates();
        assertThat(DATABASE.store(prefix).streamVersion(CommandNode.ACCOUNT).value())
                .isEqualTo(COMMANDS - COMMANDS / 10);
    }

    private InstanceProcess start() {
        InstanceProcess node = new InstanceProcess(CommandNode.class, prefix);
        nodes.add(node);
        return node;
    }
}
