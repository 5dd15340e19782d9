package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.command.CommandExecutor;
import io.eventcore.jdbc.JdbcDatabase;
import io.eventcore.jdbc.JdbcSchema;
import io.eventcore.jdbc.PostgreSqlNotifications;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.projection.ProjectionStore;
import java.util.Optional;

/**
 * All there is of one of several stores, once its database was looked at.
 *
 * @param schema looks at its tables
 * @param database gives every store that its tables hold
 * @param bare the events, for what looks at the log several times a second
 * @param eventStore the events, observed, for applications
 * @param commands its commands
 * @param projectionStore how far projections are
 * @param projections its projections and reactions
 * @param protection protects its personal data, if there is a master key
 * @param eraser erases it
 * @param notifications tells other instances of new events, if that is set and the database can
 */
record OpenedStore(
        JdbcSchema schema,
        JdbcDatabase database,
        EventStore bare,
        EventStore eventStore,
        CommandExecutor commands,
        ProjectionStore projectionStore,
        ProjectionRunner projections,
        Optional<PersonalDataProtection> protection,
        Optional<PersonalDataEraser> eraser,
        Optional<PostgreSqlNotifications> notifications) {}
