package io.eventcore.transfer;

import io.eventcore.GlobalPosition;
import java.time.Duration;
import java.util.function.Consumer;

/** Tells a listener how far one step has come. Not safe for concurrent use. */
final class ProgressMeter {
    private final TransferProgress.Step step;
    private final GlobalPosition end;
    private final Consumer<? super TransferProgress> listener;
    private final long begin = System.nanoTime();
    private long events;

    ProgressMeter(TransferProgress.Step step, GlobalPosition end, Consumer<? super TransferProgress> listener) {
        this.step = step;
        this.end = end;
        this.listener = listener;
    }

    void passed(int more, GlobalPosition position) {
        events += more;
        listener.accept(new TransferProgress(step, events, position, end, Duration.ofNanos(System.nanoTime() - begin)));
    }
}
