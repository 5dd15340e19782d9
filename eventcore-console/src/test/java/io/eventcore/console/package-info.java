@NullMarked
package io.eventcore.console;

import org.jspecify.annotations.NullMarked;
