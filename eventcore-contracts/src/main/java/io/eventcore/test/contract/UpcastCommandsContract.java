package io.eventcore.test.contract;

import static io.eventcore.test.contract.ShopEvent.checkedOut;
import static io.eventcore.test.contract.ShopEvent.itemAdded;
import static io.eventcore.test.contract.ShopEvent.viewed;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.Command;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.ExecutionResult;
import io.eventcore.command.Stream;
import io.eventcore.snapshot.Snapshot;
import io.eventcore.snapshot.SnapshotListener;
import io.eventcore.snapshot.SnapshotSettings;
import io.eventcore.snapshot.SnapshotStore;
import io.eventcore.test.contract.ShopEvent.Closed;
import io.eventcore.test.contract.ShopEvent.ItemAdded;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What commands fold of events that were stored in earlier shapes, and which snapshots they continue from. */
abstract class UpcastCommandsContract extends UpcastProcessingFixture {
    /** Counts what is in a cart. */
    @Snapshot(name = "shop.count", version = 1)
    record Count(@Stream StreamId cart) implements Command<Count.State, ShopEvent> {
        record State(int items, long cents, int folded) {}

        @Override
        public State initialState() {
            return new State(0, 0, 0);
        }

        @Override
        public State apply(State state, ShopEvent event) {
            return new State(
                    state.items + (event instanceof ItemAdded added ? added.count() : 0),
                    state.cents + (event instanceof Paid paid ? paid.cents() : 0),
                    state.folded + 1);
        }

        @Override
        public List<ShopEvent> handle(State state) {
            return List.of(new Paid(cart, state.items));
        }
    }

    private CommandExecutor withSnapshots(List<String> news) {
        SnapshotStore snapshots = contract().snapshotStore();
        return CommandExecutor.builder(events)
                .snapshots(
                        snapshots,
                        SnapshotSettings.defaults()
                                .withExecutor(Runnable::run)
                                .withAfterEvents(1)
                                .withListener(new SnapshotListener() {
                                    @Override
                                    public void used(String commandType) {
                                        news.add("used");
                                    }

                                    @Override
                                    public void replayed(String commandType, ReplayReason reason) {
                                        news.add(reason.name());
                                    }
                                }))
                .build();
    }

    private long paid(ExecutionResult result) {
        return ((Paid) events.readStreamAfter(
                                ADA, StreamVersion.of(result.version(ADA).value() - 1), ShopEvent.class)
                        .toList()
                        .get(0)
                        .event())
                .cents();
    }

    @Test
    void a_snapshot_is_continued_by_a_tail_in_todays_shapes() {
        List<String> news = new ArrayList<>();
        CommandExecutor executor = withSnapshots(news);
        append(itemAdded(ADA, "pen"), viewed(ADA), checkedOut(ADA, 5));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(1);

        append(viewed(ADA), itemAdded(ADA, "ink"), checkedOut(ADA, 2), viewed(ADA));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(2);
        append(viewed(ADA));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(2);
        assertThat(news).containsExactly("used", "used");
    }

    @Test
    void a_snapshot_of_events_that_were_read_in_another_way_is_not_continued() {
        List<String> news = new ArrayList<>();
        CommandExecutor executor = withSnapshots(news);
        append(itemAdded(ADA, "pen"), new Closed(ADA));
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(1);

        deployed.passOnTo(withoutClosed());
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(10);
        assertThat(news).containsExactly("OUTDATED");
        assertThat(paid(executor.execute(new Count(ADA)))).isEqualTo(10);
        assertThat(news).containsExactly("OUTDATED", "used");
    }

    @Test
    void commands_on_a_hot_stream_fold_what_alone_they_would() {
        append(itemAdded(ADA, "pen"), viewed(ADA), checkedOut(ADA, 5), itemAdded(ADA, "ink"), viewed(ADA));
        CommandExecutor executor = CommandExecutor.builder(events).build();

        List<ExecutionResult> results = Race.run(8, number -> {
                    List<ExecutionResult> own = new ArrayList<>();
                    for (int i = 0; i < 5; i++) {
                        own.add(executor.execute(new Fold(ADA)));
                    }
                    return own;
                })
                .stream()
                .flatMap(List::stream)
                .toList();

        assertThat(results).hasSize(40);
        List<RecordedEvent<ShopEvent>> all =
                events.readStream(ADA, ShopEvent.class).toList();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).event() instanceof Paid paid && all.get(i).part() == 0) {
                assertThat(paid.cents())
                        .as("what was folded before %s", all.get(i))
                        .isEqualTo(i);
            }
        }
        assertThat(all).hasSize(44);
        assertThat(events.streamVersion(ADA)).isEqualTo(StreamVersion.of(45));
    }

    /** Reports how many events it has folded. */
    record Fold(@Stream StreamId cart) implements Command<Integer, ShopEvent> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer state, ShopEvent event) {
            return state + 1;
        }

        @Override
        public List<ShopEvent> handle(Integer state) {
            return List.of(new Paid(cart, state));
        }
    }
}
