package io.eventcore.sample.bank;

import io.eventcore.EventMetadata;
import io.eventcore.command.MetadataContributor;
import java.util.UUID;
import org.springframework.stereotype.Component;

/**
 * Each command of a customer begins a conversation, and the commands of reactions stay in it: a reader of the log sees
 * what belongs together.
 */
@Component
class Conversations implements MetadataContributor {
    @Override
    public EventMetadata metadata() {
        return EventMetadata.empty().withCorrelationId(UUID.randomUUID().toString());
    }
}
