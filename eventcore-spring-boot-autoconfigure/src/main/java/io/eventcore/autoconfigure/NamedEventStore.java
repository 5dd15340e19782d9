package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.EventStoreUnavailableException;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.projection.ProjectionRunner;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * One of several event stores of an application, with everything that belongs to it and to no other one.
 *
 * <p>A store whose database has not been reached since the application started is not open: most methods then throw at
 * once, and the library keeps trying. Call the methods at each use instead of keeping what they return:
 * {@code stores.of(tenant).commands()}. What a method once returned keeps working after any failure of the database.
 * Safe for any number of threads.
 *
 * @since 0.1
 */
public final class NamedEventStore {
    private final String name;
    private final StorePlace place;
    private volatile @Nullable OpenedStore opened;
    private volatile @Nullable Throwable failure;

    NamedEventStore(String name, StorePlace place) {
        this.name = name;
        this.place = place;
    }

    /** Its name in the configuration. */
    public String name() {
        return name;
    }

    /** The data source of its database; behind a routing data source, the target. */
    public DataSource dataSource() {
        return place.dataSource();
    }

    /**
     * Manages transactions in the database of this store: the application's manager for it if there is one. Appends and commands of
     * this store join its transactions, and are refused in those of other stores.
     */
    public PlatformTransactionManager transactionManager() {
        return place.transactionManager();
    }

    /**
     * Whether its database has been reached and its tables are right. Once true, it stays true, whatever happens to the
     * database.
     */
    public boolean isOpen() {
        return opened != null;
    }

    /**
     * The events.
     *
     * @throws EventStoreUnavailableException if the store is not open yet
     */
    public EventStore eventStore() {
        return opened().eventStore();
    }

    /**
     * Executes commands on this store.
     *
     * @throws EventStoreUnavailableException if the store is not open yet
     */
    public CommandExecutor commands() {
        return opened().commands();
    }

    /**
     * Its projections and reactions.
     *
     * @throws EventStoreUnavailableException if the store is not open yet
     */
    public ProjectionRunner projections() {
        return opened().projections();
    }

    /**
     * Its tables: for exports, imports and backfills.
     *
     * @throws EventStoreUnavailableException if the store is not open yet
     */
    public JdbcDatabase database() {
        return opened().database();
    }

    /**
     * Erases persons from this store only.
     *
     * @throws EventStoreUnavailableException if the store is not open yet
     * @throws IllegalStateException if personal data is not protected: there is no master key
     */
    public PersonalDataEraser personalData() {
        return opened().eraser()
                .orElseThrow(() -> new IllegalStateException(
                        "Personal data is not protected: eventcore.personal-data.master-key is not set"));
    }

    private OpenedStore opened() {
        OpenedStore found = opened;
        if (found == null) {
            throw new EventStoreUnavailableException(
                    "Event store '" + name + "' has not been reached since the application started", failure);
        }
        return found;
    }

    StorePlace place() {
        return place;
    }

    Optional<OpenedStore> ifOpen() {
        return Optional.ofNullable(opened);
    }

    /** Why it is not open, or why its projections do not run; empty if neither is the case. */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    void open(OpenedStore store) {
        opened = store;
    }

    void failed(Throwable why) {
        failure = why;
    }

    void works() {
        failure = null;
    }
}
