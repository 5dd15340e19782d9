package io.eventcore.test.contract;

import io.eventcore.personaldata.SubjectKey;
import io.eventcore.personaldata.SubjectKeyStore;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A store of subjects' keys that passes everything on to another one. Override what should be different. */
abstract class ForwardingSubjectKeyStore implements SubjectKeyStore {
    private final SubjectKeyStore keys;

    ForwardingSubjectKeyStore(SubjectKeyStore keys) {
        this.keys = keys;
    }

    @Override
    public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
        return keys.keysOf(subjects);
    }

    @Override
    public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
        return keys.find(ids);
    }

    @Override
    public Predicate<SubjectKey> cacheable() {
        return keys.cacheable();
    }

    @Override
    public void erase(String subject, Consumer<Erasure> alongside) {
        keys.erase(subject, alongside);
    }
}
