/** Committed events as events of a Spring application context. Needs spring-context. */
@NullMarked
package io.eventcore.spring;

import org.jspecify.annotations.NullMarked;
