@NullMarked
package io.eventcore.kafka;

import org.jspecify.annotations.NullMarked;
