package io.eventcore.autoconfigure;

import java.util.List;

/** Projections or reactions are beans, and there are several stores: each store needs its own. */
final class SharedProjectionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> beans;

    SharedProjectionException(List<String> beans) {
        super("Projections and reactions are beans, but eventcore.stores declares several stores: "
                + String.join(", ", beans));
        this.beans = beans;
    }

    List<String> beans() {
        return beans;
    }
}
