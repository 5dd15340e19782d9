/** Committed events as records of a Kafka topic. */
@NullMarked
package io.eventcore.kafka;

import org.jspecify.annotations.NullMarked;
