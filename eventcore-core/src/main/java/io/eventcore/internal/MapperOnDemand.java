package io.eventcore.internal;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A mapper that is built when it is first needed: that takes some milliseconds, since all modules are set up again, and
 * most applications never need some of their mappers. Safe for any number of threads.
 */
public final class MapperOnDemand {
    private final Supplier<JsonMapper> builder;
    private volatile @Nullable JsonMapper built;

    /** {@code builder}: called once, unless it throws. */
    public MapperOnDemand(Supplier<JsonMapper> builder) {
        this.builder = builder;
    }

    /** The mapper, always the same. */
    public JsonMapper get() {
        JsonMapper known = built;
        return known == null ? build() : known;
    }

    private synchronized JsonMapper build() {
        JsonMapper mapper = built;
        if (mapper == null) {
            mapper = builder.get();
            built = mapper;
        }
        return mapper;
    }
}
