package io.eventcore.test.library;

import io.eventcore.EventMetadata;
import io.eventcore.command.MetadataContributor;
import org.springframework.stereotype.Component;

@Component
class Branch implements MetadataContributor {
    @Override
    public EventMetadata metadata() {
        return EventMetadata.empty().with("branch", "north");
    }
}
