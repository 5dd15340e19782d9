/** A small application, and tests of what it does with events. */
@NullMarked
package io.eventcore.test.library;

import org.jspecify.annotations.NullMarked;
