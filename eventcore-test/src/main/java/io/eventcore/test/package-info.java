/** Help for testing applications and stores. */
@NullMarked
package io.eventcore.test;

import org.jspecify.annotations.NullMarked;
