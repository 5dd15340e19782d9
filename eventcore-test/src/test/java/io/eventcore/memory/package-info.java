@NullMarked
package io.eventcore.memory;

import org.jspecify.annotations.NullMarked;
