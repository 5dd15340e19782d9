package io.eventcore.projection;

import io.eventcore.GlobalPosition;

/** Whether, and how far, a worker may run. Asked by many threads. */
interface Gate {
    /** Always, and to the end of the log. */
    Gate OPEN = new Gate() {
        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public GlobalPosition limit() {
            return END;
        }
    };

    /** Behind every event. */
    GlobalPosition END = GlobalPosition.of(Long.MAX_VALUE);

    boolean isOpen();

    /** No event after this one is to be dealt with yet. */
    GlobalPosition limit();
}
