package io.eventcore.jdbc;

/**
 * A Galera cluster of three nodes, one for all tests of the process that leave it as it is. Each session waits until its node has what was
 * committed before.
 */
final class GaleraDatabase extends MariaDbAccess {
    static final int NODES = 3;

    static final GaleraCluster CLUSTER =
            new GaleraCluster(NODES, "--wsrep-sync-wait=7", "--innodb-flush-log-at-trx-commit=2");

    static final String NAME = "galera";

    /** Each connection to any of the nodes. */
    static final GaleraDatabase ANY_NODE =
            new GaleraDatabase("jdbc:mariadb:loadbalance://" + CLUSTER.addresses() + "/");

    /** All connections to one node. */
    static final GaleraDatabase FIRST_NODE =
            new GaleraDatabase("jdbc:mariadb://" + CLUSTER.node(0).address() + "/");

    private GaleraDatabase(String url) {
        super(url, NAME);
    }
}
