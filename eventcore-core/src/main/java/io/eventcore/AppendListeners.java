package io.eventcore;

import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** Several listeners as one. */
record AppendListeners(List<AppendListener> listeners) implements AppendListener {
    AppendListeners {
        listeners = List.copyOf(listeners);
    }

    @Override
    public void eventsCommitted() {
        tell(AppendListener::eventsCommitted);
    }

    @Override
    public void groupDecided(int appends, int events) {
        tell(listener -> listener.groupDecided(appends, events));
    }

    @Override
    public void boundaryMoved(String tagName, MovedBoundary what) {
        tell(listener -> listener.boundaryMoved(tagName, what));
    }

    /** Calls all listeners, whatever one of them throws; the store handles what the last one throws. */
    private void tell(Consumer<AppendListener> news) {
        tell(news, listeners.iterator());
    }

    private static void tell(Consumer<AppendListener> news, Iterator<AppendListener> left) {
        if (left.hasNext()) {
            try {
                news.accept(left.next());
            } finally {
                tell(news, left);
            }
        }
    }
}
