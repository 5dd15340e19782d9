/** An application that lets go of what is not paid in time: the example of the page about deadlines, and its tests. */
@NullMarked
package io.eventcore.test.seats;

import org.jspecify.annotations.NullMarked;
