/** Servers that a test starts for itself. Apart from the package under test, so that what loads that anew goes on with them. */
@NullMarked
package io.eventcore.servers;

import org.jspecify.annotations.NullMarked;
