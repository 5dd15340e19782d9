package io.eventcore.jdbc;

import static io.eventcore.ExpectedVersion.any;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.Event;
import io.eventcore.EventFilter;
import io.eventcore.EventStore;
import io.eventcore.GlobalPosition;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.StreamPrefix;
import io.eventcore.StreamWrites;
import io.eventcore.test.contract.Eventually;
import io.eventcore.test.contract.ShopEvent;
import io.eventcore.test.contract.ShopEvent.Paid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * An instance is killed again and again between the parts of an event: a projection, a reaction and snapshots deal with each
 * part once.
 */
@Tag("faults")
class UpcastKillTest {
    private static final PostgreSqlDatabase DATABASE = PostgreSqlDatabase.INSTANCE;

    private final String prefix = DATABASE.newTables();
    private final EventStore events = TestDatabase.jdbc(DATABASE.dataSource(), prefix)
            .eventStoreBuilder(ShopEvent.serializer())
            .build();
    private final JdbcClient jdbc = JdbcClient.create(DATABASE.ownersDataSource());
    private final List<InstanceProcess> nodes = new ArrayList<>();
    private final Random random = new Random(7);

    UpcastKillTest() {
        jdbc.sql("CREATE TABLE " + prefix + "parts (event TEXT NOT NULL, part INT NOT NULL)")
                .update();
        jdbc.sql("GRANT SELECT, INSERT ON " + prefix + "parts TO " + TestDatabase.APP)
                .update();
    }

    @AfterEach
    void killAll() {
        nodes.forEach(InstanceProcess::kill);
    }

    @Test
    void between_two_parts_of_an_event_a_process_may_die_and_each_part_is_dealt_with_once() {
        for (int round = 0; round < 8; round++) {
            append(25);
            UpcastNode.Hold hold = round % 2 == 0 ? UpcastNode.Hold.PROJECTION : UpcastNode.Hold.REACTION;
            InstanceProcess node = start(hold, 1 + random.nextInt(6));
            Eventually.until("it is between two parts", () -> node.hasSaid(UpcastNode.HOLDING));
            node.kill();
        }
        append(10);
        InstanceProcess last = start(UpcastNode.Hold.NOWHERE, 0);
        Eventually.until("it is there", () -> last.hasSaid(UpcastNode.READY));
        List<RecordedEvent<ShopEvent>> carts = carts();
        Eventually.until(
                "it has dealt with all",
                () -> applied().size() >= carts.size() && answers().size() >= carts.size(),
                () -> ", but %d and %d of %d"
                        .formatted(applied().size(), answers().size(), carts.size()));

        assertThat(carts).extracting(RecordedEvent::part).contains(0L, 1L);
        List<String> parts = carts.stream().map(UpcastKillTest::partOf).toList();
        assertThat(applied()).containsExactlyInAnyOrderElementsOf(parts);
        assertThat(answers()).containsExactlyInAnyOrderElementsOf(parts);
        assertFolded(carts);
    }

    private InstanceProcess start(UpcastNode.Hold hold, int secondPart) {
        InstanceProcess node = new InstanceProcess(UpcastNode.class, prefix, hold.name(), Integer.toString(secondPart));
        nodes.add(node);
        return node;
    }

    private static String partOf(RecordedEvent<ShopEvent> event) {
        return event.id() + "." + event.part();
    }

    /** What a command paid is the number of the events that it had folded. */
    private static void assertFolded(List<RecordedEvent<ShopEvent>> carts) {
        Map<StreamId, Long> before = new HashMap<>();
        int decided = 0;
        for (RecordedEvent<ShopEvent> event : carts) {
            long place = before.merge(event.streamId(), 1L, Long::sum) - 1;
            if (event.typeName().equals("shop.paid")) {
                assertThat(((Paid) event.event()).cents())
                        .as("folded before %s", event)
                        .isEqualTo(place);
                decided++;
            }
        }
        assertThat(decided).isPositive();
    }

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            StreamId cart = StreamId.of("cart-" + random.nextInt(3));
            Event event = switch (random.nextInt(4)) {
                case 0 -> ShopEvent.viewed(cart);
                case 1 -> ShopEvent.itemAdded(cart, "pen");
                default -> ShopEvent.checkedOut(cart, random.nextInt(3));
            };
            events.appendEvents(StreamWrites.empty().registerStream(cart, any()).append(event));
        }
    }

    private List<RecordedEvent<ShopEvent>> carts() {
        List<RecordedEvent<ShopEvent>> all = new ArrayList<>();
        events.forEachEvent(
                EventFilter.prefix(StreamPrefix.of("cart-")), GlobalPosition.START, ShopEvent.class, all::add);
        return all;
    }

    private List<String> applied() {
        return jdbc.sql("SELECT event || '.' || part FROM " + prefix + "parts")
                .query(String.class)
                .list();
    }

    private List<String> answers() {
        return events.readStream(UpcastNode.DESK, Paid.class).stream()
                .map(answer -> answer.metadata().causationId().orElseThrow() + "."
                        + answer.event().cents())
                .toList();
    }
}
