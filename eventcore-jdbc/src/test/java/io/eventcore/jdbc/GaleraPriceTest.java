package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.StreamId;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.LedgerEvent.Deposited;
import io.eventcore.test.contract.Race;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What it costs that other nodes have an append before it is acknowledged: the same appends by the same clients on a server that is in no
 * cluster, on a cluster of one node and on one node of three. They take turns, and the best of several rounds counts, since other work on the
 * machine only makes a round slower. It prints the figures; that nothing is missing is asserted.
 */
@Tag("cluster")
class GaleraPriceTest {
    private static final int APPENDS = Integer.getInteger("eventcore.test.galera-appends", 960);
    private static final int ROUNDS = 5;
    private static final List<Integer> CLIENTS = List.of(1, 8, 32);
    private static final String FLUSH = "--innodb-flush-log-at-trx-commit=1";
    private static final String WAIT = "--wsrep-sync-wait=7";

    @Test
    void the_price_of_a_cluster_whose_clients_write_to_one_node_is_printed() {
        try (GaleraCluster none = GaleraCluster.noCluster(FLUSH);
                GaleraCluster one = new GaleraCluster(1, WAIT, FLUSH);
                GaleraCluster three = new GaleraCluster(3, WAIT, FLUSH)) {
            Map<String, MariaDbAccess> servers = new LinkedHashMap<>();
            servers.put("no cluster", database(none));
            servers.put("a cluster of one node", database(one));
            servers.put("one node of three", database(three));
            for (int clients : CLIENTS) {
                Map<String, Double> best = new LinkedHashMap<>();
                for (int round = 0; round < ROUNDS; round++) {
                    servers.forEach((name, server) -> best.merge(name, appendsPerSecond(server, clients), Double::max));
                }
                best.forEach((name, perSecond) ->
                        System.out.printf("Galera, %s: %d clients, %.0f appends a second%n", name, clients, perSecond));
            }
        }
    }

    private static MariaDbAccess database(GaleraCluster cluster) {
        return new MariaDbAccess("jdbc:mariadb://" + cluster.node(0).address() + "/", "price");
    }

    private static double appendsPerSecond(MariaDbAccess database, int clients) {
        EventStore store = database.newStore();
        int each = APPENDS / clients;
        long begin = System.nanoTime();
        Race.run(clients, number -> {
            StreamId stream = StreamId.of("account-" + number);
            for (int i = 0; i < each; i++) {
                store.appendEvents(StreamWrites.to(stream, exactly(i), new Deposited(stream, 1)));
            }
            return number;
        });
        double seconds = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
        assertThat(WholeLog.of(store, EventFilter.all(), Event.class)).hasSize(each * clients);
        return each * clients / seconds;
    }
}
