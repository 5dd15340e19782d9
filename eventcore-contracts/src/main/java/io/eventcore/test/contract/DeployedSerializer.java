package io.eventcore.test.contract;

import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.internal.ForwardingSerializer;

/** The serializer of the deployed code, whose version can change from one moment to the next. */
final class DeployedSerializer extends ForwardingSerializer {
    private volatile EventSerializer deployed;

    DeployedSerializer(EventSerializer first) {
        super(first);
        this.deployed = first;
    }

    /** Deploys another version. */
    void passOnTo(EventSerializer next) {
        deployed = next;
    }

    @Override
    protected EventSerializer delegate() {
        return deployed;
    }
}
