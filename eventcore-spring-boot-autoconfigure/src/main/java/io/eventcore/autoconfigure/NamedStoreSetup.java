package io.eventcore.autoconfigure;

import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * The projections and reactions of one of several event stores. Not safe for concurrent use.
 *
 * @since 0.1
 */
public final class NamedStoreSetup {
    private final String name;
    private final DataSource dataSource;
    private final PlatformTransactionManager transactionManager;
    private final List<Projection<?>> projections = new ArrayList<>();
    private final List<Reaction<?>> reactions = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    NamedStoreSetup(String name, DataSource dataSource, PlatformTransactionManager transactionManager) {
        this.name = name;
        this.dataSource = dataSource;
        this.transactionManager = transactionManager;
    }

    /** The name of the store. */
    public String name() {
        return name;
    }

    /** The database of the store, which also holds the read models of transactional projections. */
    public DataSource dataSource() {
        return dataSource;
    }

    /** Manages transactions in that database. */
    public PlatformTransactionManager transactionManager() {
        return transactionManager;
    }

    /**
     * Adds a projection that no other store has.
     *
     * @throws IllegalArgumentException if the store has another one of that name and version
     */
    public NamedStoreSetup projection(Projection<?> projection) {
        add(projection.name() + " version " + projection.version());
        projections.add(Objects.requireNonNull(projection, "projection"));
        return this;
    }

    /**
     * Adds a reaction. Its commands are executed on this store.
     *
     * @throws IllegalArgumentException if the store has another one of that name
     */
    public NamedStoreSetup reaction(Reaction<?> reaction) {
        add(reaction.name() + " version 1");
        reactions.add(Objects.requireNonNull(reaction, "reaction"));
        return this;
    }

    private void add(String described) {
        if (!names.add(described)) {
            throw new IllegalArgumentException(
                    "Event store '" + name + "' has two projections or reactions called " + described);
        }
    }

    List<Projection<?>> projections() {
        return projections;
    }

    List<Reaction<?>> reactions() {
        return reactions;
    }

    /** The number of partitions of all of them together. */
    int partitions() {
        return projections.stream().mapToInt(Projection::partitions).sum()
                + reactions.stream().mapToInt(Reaction::partitions).sum();
    }
}
