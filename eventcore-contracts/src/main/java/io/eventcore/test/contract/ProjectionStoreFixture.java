package io.eventcore.test.contract;

import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.projection.Checkpoint;
import io.eventcore.projection.Lease;
import io.eventcore.projection.ParkedStream;
import io.eventcore.projection.PartitionState;
import io.eventcore.projection.ProjectionPartition;
import io.eventcore.projection.ProjectionStore;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Shared by the rows about a store of leases and checkpoints: a store that is empty but for one projection. */
abstract class ProjectionStoreFixture {
    static final String NAME = "balances";
    static final ProjectionPartition BALANCES = new ProjectionPartition(NAME, 0);
    static final StreamId ADA = StreamId.of("account-ada");
    static final Duration LONG = Duration.ofHours(1);

    /** A lease that has run out when it is granted, so that no test has to wait for the end of a lease. */
    static final Duration OVER = Duration.ZERO;

    static final Checkpoint TEN = new Checkpoint(at(10), at(9), new UUID(4, 2));

    ProjectionStore store;
    PlatformTransactionManager manager;
    TransactionTemplate transaction;

    /** The contract that makes the store. */
    abstract ProjectionStoreContract contract();

    @BeforeEach
    void beginWithARegisteredProjection() {
        store = contract().emptyStore();
        manager = contract().transactionManager();
        transaction = new TransactionTemplate(manager);
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        store.register(NAME, 1, 1, GlobalPosition.START);
    }

    Lease acquire(String owner) {
        return store.acquire(BALANCES, 1, owner, LONG).orElseThrow();
    }

    PartitionState state() {
        return store.partitions().stream()
                .filter(state -> state.partition().equals(BALANCES))
                .findFirst()
                .orElseThrow();
    }

    List<PartitionState> statesOf(String projection) {
        return store.partitions().stream()
                .filter(state -> state.partition().projection().equals(projection))
                .toList();
    }

    static ParkedStream parkedAt(StreamId stream, long position) {
        ParkedStream like = parked(position);
        return new ParkedStream(
                like.partition(),
                stream,
                like.position(),
                like.typeName(),
                like.failure(),
                like.waiting(),
                like.request());
    }

    static ParkedStream parked(long position) {
        return new ParkedStream(
                BALANCES,
                ADA,
                at(position),
                "ledger.deposited",
                "java.lang.IllegalStateException",
                1,
                ParkedStream.Request.NONE);
    }

    static GlobalPosition at(long position) {
        return GlobalPosition.of(position);
    }
}
