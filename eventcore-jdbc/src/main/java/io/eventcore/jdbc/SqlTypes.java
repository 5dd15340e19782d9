package io.eventcore.jdbc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How values are written to the columns of an engine and read back. */
enum SqlTypes {
    /** By the types of the JDBC specification: H2. */
    STANDARD,

    POSTGRESQL {
        /** A column of type json arrives as its UTF-8 text, so this makes no string of it. */
        @Override
        byte @Nullable [] utf8OrNull(ResultSet row, int column) throws SQLException {
            return row.getBytes(column);
        }

        @Override
        Instant instant(ResultSet row, int column) throws SQLException {
            // Cheaper than a date and time with its zone, but follows the calendar of its day: Julian before 15 October
            // 1582, and no database uses that.
            Timestamp timestamp = row.getTimestamp(column);
            return timestamp.getTime() < FROM_HERE_ON_ONE_CALENDAR ? super.instant(row, column) : timestamp.toInstant();
        }

        /** One statement for any number of keys: the driver and the server already know it. */
        @Override
        String among(int keys) {
            return " = ANY (?)";
        }

        @Override
        void bindKeys(PreparedStatement query, List<Long> keys) throws SQLException {
            query.setObject(1, keys.stream().mapToLong(Long::longValue).toArray());
        }
    },

    /** MariaDB and MySQL. */
    MARIADB {
        @Override
        void bind(PreparedStatement statement, int parameter, Instant time) throws SQLException {
            statement.setObject(parameter, LocalDateTime.ofInstant(time, ZoneOffset.UTC));
        }

        @Override
        void bind(PreparedStatement statement, int parameter, UUID id) throws SQLException {
            statement.setBytes(
                    parameter,
                    ByteBuffer.allocate(2 * Long.BYTES)
                            .putLong(id.getMostSignificantBits())
                            .putLong(id.getLeastSignificantBits())
                            .array());
        }

        @Override
        UUID uuid(ResultSet row, int column) throws SQLException {
            ByteBuffer bytes = ByteBuffer.wrap(row.getBytes(column));
            return new UUID(bytes.getLong(), bytes.getLong());
        }

        /** A text arrives as its UTF-8 bytes. */
        @Override
        byte @Nullable [] utf8OrNull(ResultSet row, int column) throws SQLException {
            return row.getBytes(column);
        }

        /** Stored in UTC as a date and a time without a zone, so that no time zone of a session or a driver matters. */
        @Override
        Instant instant(ResultSet row, int column) throws SQLException {
            return row.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
        }
    };

    /** Milliseconds of a time that is later than all that a calendar without reform would count differently. */
    private static final long FROM_HERE_ON_ONE_CALENDAR =
            Instant.parse("1900-01-01T00:00:00Z").toEpochMilli();

    void bind(PreparedStatement statement, int parameter, UUID id) throws SQLException {
        statement.setObject(parameter, id);
    }

    void bind(PreparedStatement statement, int parameter, Instant time) throws SQLException {
        statement.setObject(parameter, time.atOffset(ZoneOffset.UTC));
    }

    UUID uuid(ResultSet row, int column) throws SQLException {
        return row.getObject(column, UUID.class);
    }

    final byte[] utf8(ResultSet row, int column) throws SQLException {
        byte[] text = utf8OrNull(row, column);
        if (text == null) {
            throw new SQLException("Column " + column + " of a result is null", "22004");
        }
        return text;
    }

    byte @Nullable [] utf8OrNull(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** A condition that holds if the expression before it is one of this many keys. */
    String among(int keys) {
        return Statements.in(keys);
    }

    /** Binds the keys of {@link #among}, which are the only parameters. */
    void bindKeys(PreparedStatement query, List<Long> keys) throws SQLException {
        for (int i = 0; i < keys.size(); i++) {
            query.setLong(i + 1, keys.get(i));
        }
    }
}
