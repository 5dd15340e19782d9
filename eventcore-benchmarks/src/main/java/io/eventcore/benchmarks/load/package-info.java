/**
 * The load driver: runs candidates in turn against one database and compares each with the limit of the same round.
 */
@NullMarked
package io.eventcore.benchmarks.load;

import org.jspecify.annotations.NullMarked;
