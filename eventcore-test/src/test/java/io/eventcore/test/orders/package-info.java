/** An application whose read models are JPA entities and tables, and tests of what it does with events. */
@NullMarked
package io.eventcore.test.orders;

import org.jspecify.annotations.NullMarked;
