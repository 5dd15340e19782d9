/** Committed events as events of a Spring application context. */
@NullMarked
package io.eventcore.spring;

import org.jspecify.annotations.NullMarked;
