@NullMarked
package io.eventcore.command;

import org.jspecify.annotations.NullMarked;
