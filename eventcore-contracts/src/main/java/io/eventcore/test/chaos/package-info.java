/** Databases that fail, for tests of what an application does then. */
@NullMarked
package io.eventcore.test.chaos;

import org.jspecify.annotations.NullMarked;
