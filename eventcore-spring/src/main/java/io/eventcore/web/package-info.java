/** Queries over HTTP that see what a command has done. Needs spring-webmvc. */
@NullMarked
package io.eventcore.web;

import org.jspecify.annotations.NullMarked;
