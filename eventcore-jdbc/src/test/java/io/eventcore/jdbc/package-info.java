@NullMarked
package io.eventcore.jdbc;

import org.jspecify.annotations.NullMarked;
