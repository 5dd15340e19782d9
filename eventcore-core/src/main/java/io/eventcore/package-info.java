/**
 * The vocabulary of eventcore: what every user meets in the first hour.
 *
 * <p>Events are appended to streams through an {@link io.eventcore.EventStore} and read back from one stream, from
 * several streams as one consistent cut, or from the whole log in one global order ({@link io.eventcore.EventReader}).
 * This package needs nothing but the JDK and JSpecify; stores, serialization and commands are in packages of their own
 * and depend on it.
 */
@NullMarked
package io.eventcore;

import org.jspecify.annotations.NullMarked;
