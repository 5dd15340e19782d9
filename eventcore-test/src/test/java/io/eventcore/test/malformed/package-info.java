@NullMarked
package io.eventcore.test.malformed;

import org.jspecify.annotations.NullMarked;
