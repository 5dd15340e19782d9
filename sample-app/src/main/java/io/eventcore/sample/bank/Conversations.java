package io.eventcore.sample.bank;

import io.eventcore.EventMetadata;
import io.eventcore.command.MetadataContributor;
import java.util.UUID;
import org.springframework.stereotype.Component;

/** Each command of a customer begins a conversation, and what a reaction makes of it stays in that: who reads the log sees what belongs together. */
@Component
class Conversations implements MetadataContributor {
    @Override
    public EventMetadata metadata() {
        return EventMetadata.empty().withCorrelationId(UUID.randomUUID().toString());
    }
}
