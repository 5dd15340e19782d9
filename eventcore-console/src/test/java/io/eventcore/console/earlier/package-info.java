@NullMarked
package io.eventcore.console.earlier;

import org.jspecify.annotations.NullMarked;
