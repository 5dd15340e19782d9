/** Queries over HTTP that see the events of an earlier command. Needs spring-webmvc. */
@NullMarked
package io.eventcore.web;

import org.jspecify.annotations.NullMarked;
