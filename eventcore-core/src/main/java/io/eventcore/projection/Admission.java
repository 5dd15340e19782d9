package io.eventcore.projection;

import io.eventcore.GlobalPosition;

/** Whether, and how far, a worker may run. Safe for any number of threads. */
interface Admission {
    /** Always, and to the end of the log. */
    Admission UNLIMITED = new Admission() {
        @Override
        public boolean isAdmitted() {
            return true;
        }

        @Override
        public GlobalPosition limit() {
            return END;
        }
    };

    /** After every event. */
    GlobalPosition END = GlobalPosition.of(Long.MAX_VALUE);

    boolean isAdmitted();

    /** The worker must not process events after this position yet. */
    GlobalPosition limit();
}
