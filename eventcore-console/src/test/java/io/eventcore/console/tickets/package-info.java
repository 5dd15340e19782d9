@NullMarked
package io.eventcore.console.tickets;

import org.jspecify.annotations.NullMarked;
