package io.eventcore.projection;

import io.eventcore.GlobalPosition;

/** Whether, and how far, a worker may run. Asked by many threads. */
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

    /** Behind every event. */
    GlobalPosition END = GlobalPosition.of(Long.MAX_VALUE);

    boolean isAdmitted();

    /** No event after this one is to be dealt with yet. */
    GlobalPosition limit();
}
