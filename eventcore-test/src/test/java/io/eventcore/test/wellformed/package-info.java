@NullMarked
package io.eventcore.test.wellformed;

import org.jspecify.annotations.NullMarked;
