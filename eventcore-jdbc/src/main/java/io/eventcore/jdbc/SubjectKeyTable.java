package io.eventcore.jdbc;

import io.eventcore.personaldata.KeyWrapping.WrappedKey;
import io.eventcore.personaldata.PersonalDataException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The rows of subject keys. */
final class SubjectKeyTable {
    /** One statement asks for at most this many keys. */
    private static final int AT_ONCE = 512;

    private static final String COLUMNS =
            "subject, key_id, master_key, wrapped_key, CASE WHEN erased_at IS NULL THEN 0 ELSE 1 END";

    private final TableNames names;
    private final SqlExpressions expressions;
    private final SqlErrors errors;
    private final String insert;
    private final String erase;
    private final String rewrap;

    /**
     * A row.
     *
     * @param subject the hash of the subject
     * @param wrapped empty if the subject was erased
     */
    record Row(String subject, UUID id, Optional<WrappedKey> wrapped) {}

    SubjectKeyTable(TableNames names, SqlExpressions expressions, SqlErrors errors) {
        this.names = names;
        this.expressions = expressions;
        this.errors = errors;
        this.insert = names.in(
                """
                INSERT INTO eventcore_subject_key (subject, key_id, master_key, wrapped_key, created_at, erased_at)
                VALUES (?, ?, ?, ?, %s, CASE WHEN ? = 1 THEN %s END)%s
                """.formatted(expressions.currentTime(), expressions.currentTime(), expressions.unlessThere()));
        this.erase = names.in("""
                UPDATE eventcore_subject_key SET master_key = NULL, wrapped_key = NULL, erased_at = %s
                WHERE subject = ? AND (erased_at IS NULL OR master_key IS NOT NULL OR wrapped_key IS NOT NULL)
                """.formatted(expressions.currentTime()));
        this.rewrap = names.in("""
                UPDATE eventcore_subject_key SET master_key = ?, wrapped_key = ?
                WHERE subject = ? AND key_id = ? AND master_key = ?
                """);
    }

    /** @throws PersonalDataException if a row is not as it was written */
    List<Row> byIds(Connection connection, List<UUID> ids) throws SQLException {
        return select(connection, "key_id", texts(ids), UnaryOperator.identity());
    }

    /** Sees what is committed, if the engine can show that to a transaction with an older snapshot. */
    List<Row> newestByIds(Connection connection, List<UUID> ids) throws SQLException {
        return select(connection, "key_id", texts(ids), expressions::newest);
    }

    private static List<String> texts(Collection<UUID> ids) {
        return ids.stream().map(UUID::toString).toList();
    }

    List<Row> bySubjects(Connection connection, List<String> subjects) throws SQLException {
        return select(connection, "subject", subjects, UnaryOperator.identity());
    }

    /** Locks the rows: until the transaction ends, no other transaction erases these subjects. */
    List<Row> lockedBySubjects(Connection connection, List<String> subjects) throws SQLException {
        return select(connection, "subject", subjects, expressions::lockedForReading);
    }

    /** Which of these keys have a row, whatever it holds. */
    Set<UUID> known(Connection connection, Collection<UUID> ids) throws SQLException {
        String query = names.in("SELECT key_id FROM eventcore_subject_key WHERE key_id%s%s"
                .formatted(Statements.in(ids.size()), expressions.andNotFromCache()));
        return new HashSet<>(Statements.list(
                connection,
                query,
                row -> UUID.fromString(row.getString(1)),
                texts(ids).toArray()));
    }

    private List<Row> select(Connection connection, String column, List<String> values, UnaryOperator<String> kind)
            throws SQLException {
        List<Row> found = new ArrayList<>();
        for (int from = 0; from < values.size(); from += AT_ONCE) {
            List<String> some = values.subList(from, Math.min(values.size(), from + AT_ONCE));
            // A power of two, so that the server recognises the statement.
            int parameters = Integer.highestOneBit(2 * some.size() - 1);
            String query = names.in("SELECT %s FROM eventcore_subject_key WHERE %s%s%s"
                    .formatted(COLUMNS, column, Statements.in(parameters), expressions.andNotFromCache()));
            try (PreparedStatement statement = connection.prepareStatement(kind.apply(query))) {
                for (int i = 0; i < parameters; i++) {
                    statement.setString(i + 1, some.get(Math.min(i, some.size() - 1)));
                }
                read(statement, found);
            }
        }
        return found;
    }

    /** Some of the keys that a different master key has wrapped. */
    List<Row> notWrappedBy(Connection connection, String masterKey) throws SQLException {
        List<Row> found = new ArrayList<>();
        try (PreparedStatement statement =
                connection.prepareStatement(names.in("SELECT %s FROM eventcore_subject_key WHERE master_key <> ?%s"
                        .formatted(COLUMNS, expressions.andNotFromCache())))) {
            statement.setMaxRows(AT_ONCE);
            statement.setString(1, masterKey);
            read(statement, found);
        }
        return found;
    }

    private static void read(PreparedStatement statement, List<Row> found) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(new Row(
                        rows.getString(1),
                        UUID.fromString(rows.getString(2)),
                        wrapped(rows.getString(3), rows.getString(4), rows.getInt(5) == 1)));
            }
        } catch (IllegalArgumentException notWritten) {
            throw PersonalDataException.keyChanged();
        }
    }

    /**
     * A row holds either a key or an erasure. If it holds a bit of both, it was changed: it must not read as erased.
     */
    private static Optional<WrappedKey> wrapped(@Nullable String masterKey, @Nullable String wrapped, boolean erased) {
        if (erased && masterKey == null && wrapped == null) {
            return Optional.empty();
        }
        if (erased || masterKey == null || wrapped == null) {
            throw PersonalDataException.keyChanged();
        }
        return Optional.of(new WrappedKey(masterKey, Base64.getDecoder().decode(wrapped)));
    }

    /**
     * Inserts a missing row. Waits for a transaction that has inserted the row and not ended. The transaction can
     * continue in any case.
     */
    boolean insert(Connection connection, Row row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            statement.setString(1, row.subject);
            statement.setString(2, row.id.toString());
            statement.setString(3, row.wrapped.map(WrappedKey::masterKey).orElse(null));
            statement.setString(4, row.wrapped.map(SubjectKeyTable::text).orElse(null));
            statement.setInt(5, row.wrapped.isPresent() ? 0 : 1);
            return statement.executeUpdate() == 1;
        } catch (SQLException e) {
            if (errors.classify(e) == Failure.DUPLICATE) {
                return false;
            }
            throw e;
        }
    }

    /** Blanks a key, or the rest of a key in a changed row; false if there is nothing to blank. */
    boolean erase(Connection connection, String subject) throws SQLException {
        return Statements.update(connection, erase, subject) == 1;
    }

    /** Replaces the wrapping of a key, unless the key was erased meanwhile. */
    boolean rewrap(Connection connection, Row row, WrappedKey again) throws SQLException {
        return Statements.update(
                        connection,
                        rewrap,
                        again.masterKey(),
                        text(again),
                        row.subject,
                        row.id.toString(),
                        row.wrapped.orElseThrow().masterKey())
                == 1;
    }

    private static String text(WrappedKey wrapped) {
        return Base64.getEncoder().encodeToString(wrapped.bytes());
    }
}
