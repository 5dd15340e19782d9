package io.eventcore;

import java.util.List;

/** Several listeners as one. */
record AppendListeners(List<AppendListener> listeners) implements AppendListener {
    AppendListeners {
        listeners = List.copyOf(listeners);
    }

    @Override
    public void eventsCommitted() {
        listeners.forEach(AppendListener::eventsCommitted);
    }

    @Override
    public void groupDecided(int appends, int events) {
        listeners.forEach(listener -> listener.groupDecided(appends, events));
    }
}
