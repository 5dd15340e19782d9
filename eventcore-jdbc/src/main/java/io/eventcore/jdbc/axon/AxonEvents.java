package io.eventcore.jdbc.axon;

import io.eventcore.EventStoreUnavailableException;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.internal.RedactedException;
import io.eventcore.transfer.ExportSource;
import io.eventcore.transfer.ExportedEvent;
import io.eventcore.transfer.TransferRefusedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The events that Axon Framework has stored in a relational database, in the form in which they will be stored here:
 * export them with {@link io.eventcore.transfer.EventExport} and import them like any others.
 *
 * <pre>{@code
 * AxonEvents events = AxonEvents.ofAxon4(dataSource, "domain_event_entry")
 *         .type("com.example.ItemAdded", "cart.item-added")
 *         .build();
 * }</pre>
 *
 * <p>The global index becomes the position; the sequence number, which begins with 0, becomes the version, which begins
 * with 1. This class only reads. Stop the application that writes: Axon does not show which events may still appear.
 * Safe for any number of threads.
 *
 * @since 0.1
 */
public final class AxonEvents implements ExportSource {
    /** The name of the metadata entry that holds Axon's id of an event if it is not a UUID. */
    public static final String AXON_IDENTIFIER = "axonIdentifier";

    private static final int PAGE = 1_000;
    private static final long PAGE_BYTES = 4L * 1024 * 1024;
    private static final String NOT_ALLOWED = "42501";

    private final DataSource dataSource;
    private final String tableName;
    private final boolean axon5;
    private final AxonMapping mapping;

    private AxonEvents(Builder builder) {
        this.dataSource = builder.dataSource;
        this.tableName = builder.table;
        this.axon5 = builder.axon5;
        this.mapping = new AxonMapping(builder.types, builder.streams, builder.payloads, builder.metadata);
    }

    /**
     * The events of Axon Framework 4, written by its JPA or JDBC engine.
     *
     * @param table the table: {@code domain_event_entry} with JPA and Spring Boot, {@code DomainEventEntry} with JDBC
     */
    public static Builder ofAxon4(DataSource dataSource, String table) {
        return new Builder(dataSource, table, false);
    }

    /**
     * The events of Axon Framework 5, written by its aggregate-based JPA engine.
     *
     * @param table the table: {@code aggregate_event_entry} with Spring Boot
     */
    public static Builder ofAxon5(DataSource dataSource, String table) {
        return new Builder(dataSource, table, true);
    }

    @Override
    public GlobalPosition settledEnd() {
        return read((connection, table) -> {
            long[] ends = table.ends(connection);
            return ends == null ? GlobalPosition.START : GlobalPosition.of(ends[1] + shift(ends));
        });
    }

    /** Positions begin with 1; Axon's global index may begin lower. */
    private long shift(long[] ends) {
        try {
            long shift = Math.max(0, Math.subtractExact(1, ends[0]));
            Math.addExact(ends[1], shift);
            return shift;
        } catch (ArithmeticException e) {
            throw new TransferRefusedException("%s has global indexes from %d to %d, which cannot become positions"
                    .formatted(tableName, ends[0], ends[1]));
        }
    }

    private static void checkIndex(@Nullable AxonEvent before, AxonEvent event) {
        if (before != null && before.globalIndex() == event.globalIndex()) {
            throw new AxonMapping.UnmappedException("another event has the same global index");
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws TransferRefusedException if an event has no mapping; {@link #dryRun} names them all
     */
    @Override
    public List<ExportedEvent> read(GlobalPosition after, GlobalPosition upTo, int limit) {
        return read((connection, table) -> {
            long[] ends = table.ends(connection);
            if (ends == null) {
                return List.of();
            }
            long shift = shift(ends);
            List<ExportedEvent> events = new ArrayList<>();
            AxonEvent before = null;
            for (AxonEvent event :
                    table.page(connection, after.value() - shift, upTo.value() - shift, limit, PAGE_BYTES)) {
                try {
                    checkIndex(before, event);
                    before = event;
                    events.add(mapping.exported(event, GlobalPosition.of(event.globalIndex() + shift)));
                } catch (AxonMapping.UnmappedException e) {
                    throw new TransferRefusedException(event + ": " + e.getMessage());
                }
            }
            return events;
        });
    }

    /**
     * Reads everything and writes nothing: counts the events of each type, and lists what prevents their export.
     *
     * @throws TransferRefusedException if the global indexes cannot become positions, because they lie too far apart
     * @throws io.eventcore.EventStoreException if the table cannot be read
     */
    public AxonReport dryRun() {
        AxonReport.Count count = new AxonReport.Count();
        Map<StreamId, Seen> streams = new HashMap<>();
        GlobalPosition end = settledEnd();
        long[] after = {0};
        boolean more = end.value() > 0;
        while (more) {
            more = read((connection, table) -> {
                long[] ends = Objects.requireNonNull(table.ends(connection), "ends");
                long shift = shift(ends);
                List<AxonEvent> page = table.page(connection, after[0] - shift, end.value() - shift, PAGE, PAGE_BYTES);
                AxonEvent before = null;
                for (AxonEvent event : page) {
                    after[0] = event.globalIndex() + shift;
                    look(event, before, after[0], streams, count);
                    before = event;
                }
                return !page.isEmpty();
            });
        }
        return count.report();
    }

    /** What the read has met of a stream: whose events they are, and how many. */
    private record Seen(String aggregate, long version) {
        private Seen next() {
            return new Seen(aggregate, version + 1);
        }
    }

    private void look(
            AxonEvent event,
            @Nullable AxonEvent before,
            long position,
            Map<StreamId, Seen> streams,
            AxonReport.Count count) {
        count.type(event, mapping.nameOf(event).orElse(""));
        try {
            checkIndex(before, event);
            ExportedEvent exported = mapping.exported(event, GlobalPosition.of(position));
            Seen seen = streams.merge(
                    exported.streamId(), new Seen(event.aggregateIdentifier(), 1), (met, first) -> met.next());
            if (!seen.aggregate.equals(event.aggregateIdentifier())) {
                throw new AxonMapping.UnmappedException(
                        "stream '%s' holds events of another aggregate".formatted(exported.streamId()));
            }
            long expected = seen.version;
            if (exported.version().value() != expected) {
                throw new AxonMapping.UnmappedException(
                        "stream '%s' is at version %d before it, and it would be version %s"
                                .formatted(exported.streamId(), expected - 1, exported.version()));
            }
        } catch (AxonMapping.UnmappedException e) {
            count.problem(event, String.valueOf(e.getMessage()));
        }
    }

    /** The work on the table. */
    @FunctionalInterface
    private interface Work<T> {
        @Nullable
        T on(Connection connection, AxonTable table) throws SQLException;
    }

    private <T> T read(Work<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                return Objects.requireNonNull(work.on(connection, AxonTable.of(connection, tableName, axon5)));
            } finally {
                connection.rollback();
                connection.setAutoCommit(autoCommit);
            }
        } catch (SQLException e) {
            throw new EventStoreUnavailableException(
                    "The table %s cannot be read (SQLState %s)%s"
                            .formatted(tableName, e.getSQLState(), remedy(e.getSQLState())),
                    RedactedException.of(e, "SQLState " + e.getSQLState()));
        }
    }

    private static String remedy(@Nullable String sqlState) {
        return NOT_ALLOWED.equals(sqlState)
                ? ": the user lacks the right. Payloads that PostgreSQL keeps as large objects (type oid) can be read"
                        + " only by their owner, whatever is granted on the table"
                : "";
    }

    /**
     * The mapping of the events. Not safe for concurrent use.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final DataSource dataSource;
        private final String table;
        private final boolean axon5;
        private final Map<AxonMapping.TypeKey, String> types = new HashMap<>();
        private Function<AxonEvent, String> streams = event -> event.aggregateType()
                .map(type -> type + "-" + event.aggregateIdentifier())
                .orElse(event.aggregateIdentifier());
        private Function<AxonEvent, byte[]> payloads = AxonEvent::payload;
        private Function<AxonEvent, Map<String, String>> metadata = AxonMapping::jsonMetadata;

        private Builder(DataSource dataSource, String table, boolean axon5) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
            this.table = Objects.requireNonNull(table, "table");
            this.axon5 = axon5;
        }

        /** Stores payloads of this type under this name, in all revisions without a mapping of their own. */
        public Builder type(String payloadType, String storedName) {
            types.put(
                    new AxonMapping.TypeKey(payloadType, Optional.empty()),
                    Objects.requireNonNull(storedName, "storedName"));
            return this;
        }

        /** Stores payloads of this type and revision under this name. */
        public Builder type(String payloadType, String revision, String storedName) {
            types.put(
                    new AxonMapping.TypeKey(payloadType, Optional.of(revision)),
                    Objects.requireNonNull(storedName, "storedName"));
            return this;
        }

        /**
         * The id of the stream that an event goes to; by default the aggregate type, a hyphen and the aggregate id. All
         * events of an aggregate must go to one stream, and no others may.
         */
        public Builder stream(Function<AxonEvent, String> idOfStream) {
            this.streams = Objects.requireNonNull(idOfStream, "idOfStream");
            return this;
        }

        /** Converts a payload to JSON in UTF-8; by default it is stored unchanged, and must be JSON. */
        public Builder payload(Function<AxonEvent, byte[]> toJson) {
            this.payloads = Objects.requireNonNull(toJson, "toJson");
            return this;
        }

        /**
         * Reads metadata; by default it is a JSON object, or empty. A value that is not a string is stored as its JSON
         * text; a null entry is left out.
         */
        public Builder metadata(Function<AxonEvent, Map<String, String>> entries) {
            this.metadata = Objects.requireNonNull(entries, "entries");
            return this;
        }

        /** The events with this mapping. Connects only when they are read. */
        public AxonEvents build() {
            return new AxonEvents(this);
        }
    }
}
