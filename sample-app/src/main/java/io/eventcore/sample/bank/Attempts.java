package io.eventcore.sample.bank;

import io.eventcore.EventStoreException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandListener;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** How many attempts the last command of a thread took: a result tells it, but a refusal does not. */
@Component
class Attempts implements CommandListener {
    private final ThreadLocal<Integer> begun = ThreadLocal.withInitial(() -> 0);

    @Override
    public Execution started(Command<?, ?> command) {
        begun.set(1);
        return new Execution() {
            @Override
            public void retrying(int failedAttempt, EventStoreException failure, Duration delay) {
                begun.set(failedAttempt + 1);
            }
        };
    }

    int ofLastCommand() {
        return begun.get();
    }
}
