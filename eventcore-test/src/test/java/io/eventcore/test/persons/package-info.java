/** Events that hold personal data, and a command on them. */
@NullMarked
package io.eventcore.test.persons;

import org.jspecify.annotations.NullMarked;
