/**
 * A store in the application's own database, through JDBC and in its Spring transactions.
 *
 * <p>{@link io.eventcore.jdbc.JdbcEventStore} is the way in; engines, statements and error codes are private to this
 * package.
 */
@NullMarked
package io.eventcore.jdbc;

import org.jspecify.annotations.NullMarked;
