/** An in-memory store with the same contract as the database stores, for tests and for trying things out. */
@NullMarked
package io.eventcore.memory;

import org.jspecify.annotations.NullMarked;
