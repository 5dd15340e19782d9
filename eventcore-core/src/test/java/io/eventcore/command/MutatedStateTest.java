package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.StreamId;
import io.eventcore.command.BankEvent.Deposited;
import io.eventcore.memory.InMemorySnapshotStore;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A command that changes its state while it decides, which it must not, spoils no snapshot. */
class MutatedStateTest {
    private static final StreamId A = StreamId.of("a");

    private final ScriptedStore store = new ScriptedStore();
    private final List<Runnable> background = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final List<List<Long>> seen = new ArrayList<>();

    /** Sees all amounts, in a list that it empties. */
    @Snapshot(name = "test.mutated", version = 1)
    private record Grab(@Stream StreamId account, List<List<Long>> seen) implements Command<List<Long>, BankEvent> {
        @Override
        public List<Long> initialState() {
            return new ArrayList<>();
        }

        @Override
        public List<Long> apply(List<Long> amounts, BankEvent event) {
            amounts.add(((Deposited) event).cents());
            return amounts;
        }

        @Override
        public List<BankEvent> handle(List<Long> amounts) {
            seen.add(List.copyOf(amounts));
            amounts.clear();
            return List.of(new Deposited(account, seen.size()));
        }
    }

    @Test
    void what_is_stored_is_the_state_as_it_was_folded() {
        store.deposit(A, 100);
        CommandExecutor executor = CommandExecutor.builder(store)
                .snapshots(
                        new InMemorySnapshotStore(),
                        SnapshotSettings.defaults()
                                .withAfterEvents(1)
                                .withExecutor(background::add)
                                .withListener(new Noting()))
                .build();

        for (int i = 0; i < 3; i++) {
            executor.execute(new Grab(A, seen));
            background.forEach(Runnable::run);
            background.clear();
        }

        assertThat(seen).containsExactly(List.of(100L), List.of(100L, 1L), List.of(100L, 1L, 2L));
        assertThat(told).containsExactly("saved", "used", "saved", "used", "saved");
    }

    private final class Noting implements SnapshotListener {
        @Override
        public void used(String commandType) {
            told.add("used");
        }

        @Override
        public void saved(String commandType) {
            told.add("saved");
        }

        @Override
        public void dropped(String commandType) {
            told.add("dropped");
        }
    }
}
