@NullMarked
package io.eventcore.autoconfigure;

import org.jspecify.annotations.NullMarked;
