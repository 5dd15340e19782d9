/** The application in the tests. */
@NullMarked
package io.eventcore.autoconfigure.bank;

import org.jspecify.annotations.NullMarked;
