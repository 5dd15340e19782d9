package io.eventcore.test.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.StreamId;
import io.eventcore.command.CommandExecutor;
import io.eventcore.projection.AwaitOutcome;
import io.eventcore.projection.ProjectionRunner;
import io.eventcore.test.orders.OrdersApplication.OrderEvent.Shipped;
import io.eventcore.test.orders.OrdersApplication.PlaceOrder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.event.TransactionalEventListener;

/** What a test of this application does, wherever the events are kept. */
@Import(OrderSliceContract.Diary.class)
abstract class OrderSliceContract {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Autowired
    private CommandExecutor commands;

    @Autowired
    private EventStore store;

    @Autowired
    private ProjectionRunner projections;

    @Autowired
    private OrderRows rows;

    @Autowired
    private OrderCount count;

    @Autowired
    private Diary diary;

    @Test
    void a_projection_writes_through_a_repository_of_jpa(@Autowired TransactionManager manager) {
        commands.execute(new PlaceOrder(StreamId.of("order-1"), "tea"));

        assertReached("order-list");

        assertThat(rows.findById("order-1")).map(OrderRow::article).contains("tea");
        assertThat(manager).isInstanceOf(JpaTransactionManager.class);
    }

    @Test
    void a_projection_writes_through_jdbc_client() {
        commands.execute(new PlaceOrder(StreamId.of("order-2"), "milk"));

        assertReached("order-count");

        assertThat(count.of("milk")).isEqualTo(1);
    }

    @Test
    void a_reaction_answers_with_commands() {
        StreamId order = StreamId.of("order-3");
        commands.execute(new PlaceOrder(order, "rice"));

        assertReached("shipping");

        assertThat(store.readStream(order, OrdersApplication.OrderEvent.class).toList())
                .last()
                .extracting(recorded -> recorded.event())
                .isEqualTo(new Shipped(order));
    }

    @Test
    void listeners_that_the_test_imports_hear_of_committed_events() {
        StreamId order = StreamId.of("order-4");
        commands.execute(new PlaceOrder(order, "salt"));
        assertReached("shipping");

        assertReached("application-events");

        assertThat(diary.heard).contains(new Shipped(order));
    }

    private void assertReached(String projection) {
        GlobalPosition position = store.lastPosition();
        assertThat(projections.awaitPosition(projection, position, PATIENCE)).isEqualTo(AwaitOutcome.REACHED);
    }

    static class Diary {
        final List<Shipped> heard = new CopyOnWriteArrayList<>();

        @TransactionalEventListener
        void on(Shipped shipped) {
            heard.add(shipped);
        }
    }
}
