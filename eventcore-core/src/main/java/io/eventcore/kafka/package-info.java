/** Committed events as records of a Kafka topic. Needs spring-kafka. */
@NullMarked
package io.eventcore.kafka;

import org.jspecify.annotations.NullMarked;
