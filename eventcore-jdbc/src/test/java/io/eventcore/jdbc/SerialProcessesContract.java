package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.test.contract.SerialDecider.Storing;
import io.eventcore.test.contract.SerialOrder;
import io.eventcore.test.contract.SerialOrder.Decision;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many decisions of two processes could have been made one after the other. */
abstract class SerialProcessesContract {
    private static final int DECISIONS = 10_000;

    /** Both processes go on to new tags after so many, so that reads and graphs stay small. */
    private static final int EPOCH = 60;

    private final List<InstanceProcess> nodes = new ArrayList<>();
    private final Queue<Decision> decisions = new ConcurrentLinkedQueue<>();
    private final Map<Storing, AtomicInteger> counts = new EnumMap<>(Storing.class);
    private final List<String> ends = new ArrayList<>();
    private int heard;

    abstract TestDatabase database();

    /** How many decisions are enough. */
    int decisions() {
        return DECISIONS;
    }

    @AfterEach
    void endAll() {
        nodes.forEach(InstanceProcess::kill);
    }

    @Test
    void decisions_stored_alone_and_in_batches_are_serial_and_none_is_refused_without_a_reason() {
        decide(database().newTables(), decisions(), Storing.ALONE);

        assertThat(SerialOrder.inCircles(decisions))
                .as("decisions in circles of %s", counts)
                .isZero();
        assertThat(ends).hasSize(2).allMatch(end -> end.endsWith(" 0 of them without a reason, 0 deadlocks"));
    }

    @Test
    void decisions_in_transactions_of_every_isolation_are_serial() {
        decide(database().newTables(), decisions(), Storing.values());

        assertThat(SerialOrder.inCircles(decisions))
                .as("decisions in circles of %s", counts)
                .isZero();
        assertThat(counts).hasSize(Storing.values().length);
    }

    /** How many decisions are in circles, of many that two processes have made. */
    final int inCircles(String prefix, int enough, Storing... kinds) {
        decide(prefix, enough, kinds);
        return SerialOrder.inCircles(decisions);
    }

    private void decide(String prefix, int enough, Storing... kinds) {
        for (Storing kind : kinds) {
            counts.put(kind, new AtomicInteger());
        }
        for (int i = 0; i < 2; i++) {
            List<String> arguments = new ArrayList<>(List.of(Integer.toString(i), i == 0 ? "batches" : "single"));
            for (Storing kind : kinds) {
                arguments.add(kind.name());
            }
            nodes.add(new InstanceProcess(database(), DecidingNode.class, prefix, arguments.toArray(String[]::new)));
        }
        nodes.forEach(node -> assertThat(node.hear()).isEqualTo(DecidingNode.READY));
        nodes.forEach(node -> node.tell("0"));
        List<CompletableFuture<String>> listening = nodes.stream()
                .map(node -> CompletableFuture.supplyAsync(() -> listen(node, enough)))
                .toList();
        listening.forEach(end -> ends.add(end.join()));
        System.out.printf(
                "Decisions of two processes on %s: %s; %s%n", getClass().getSimpleName(), counts, ends);
    }

    /** Lets the processes go on to new tags, and in the end tells them to stop. */
    private synchronized void count(int enough) {
        heard++;
        if (heard == enough) {
            nodes.forEach(InstanceProcess::tellEnd);
        } else if (heard < enough && heard % EPOCH == 0) {
            nodes.forEach(node -> node.tell(Integer.toString(heard / EPOCH)));
        }
    }

    /** Hears what a process decides, until it ends. */
    private String listen(InstanceProcess node, int enough) {
        for (String line = node.hear(); ; line = node.hear()) {
            if (line.startsWith(DecidingNode.ENDED)) {
                return line;
            }
            int space = line.indexOf(' ');
            assertThat(line).as("a decision").doesNotStartWith("FAILED").contains("|");
            decisions.add(Decision.ofLine(line.substring(space + 1)));
            Objects.requireNonNull(counts.get(Storing.valueOf(line.substring(0, space))))
                    .incrementAndGet();
            count(enough);
        }
    }
}
