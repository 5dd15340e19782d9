package io.eventcore.test.seats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.EventStore;
import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.CommandExecutor;
import io.eventcore.test.EventCoreTest;
import io.eventcore.test.ReactionScenario;
import io.eventcore.test.TestClock;
import io.eventcore.test.seats.SeatsApplication.NightlyCount;
import io.eventcore.test.seats.SeatsApplication.PaySeat;
import io.eventcore.test.seats.SeatsApplication.ReleaseSeat;
import io.eventcore.test.seats.SeatsApplication.ReserveSeat;
import io.eventcore.test.seats.SeatsApplication.SeatEvent;
import io.eventcore.test.seats.SeatsApplication.SeatEvent.PaymentReminded;
import io.eventcore.test.seats.SeatsApplication.SeatEvent.SeatPaid;
import io.eventcore.test.seats.SeatsApplication.SeatEvent.SeatReleased;
import io.eventcore.test.seats.SeatsApplication.SeatEvent.SeatReserved;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@EventCoreTest
class SeatsTest {
    private final StreamId seat = StreamId.of("seat-" + UUID.randomUUID());
    private final UUID reservation = UUID.randomUUID();

    @Autowired
    private CommandExecutor commands;

    @Autowired
    private EventStore store;

    @Autowired
    private TestClock clock;

    // tag::test[]
    @Test
    void a_seat_that_is_not_paid_in_time_is_released() {
        commands.execute(new ReserveSeat(seat, reservation));

        clock.advance(Duration.ofMinutes(14));
        assertThat(events()).doesNotContain(new SeatReleased(seat));

        clock.advance(Duration.ofMinutes(1));
        assertThat(events()).endsWith(new SeatReleased(seat));
    }
    // end::test[]

    @Test
    void a_seat_that_is_paid_in_time_stays_paid() {
        commands.execute(new ReserveSeat(seat, reservation));
        clock.advance(Duration.ofMinutes(3));
        commands.execute(new PaySeat(seat));

        clock.advance(Duration.ofHours(3));

        assertThat(events()).containsExactly(new SeatReserved(seat, reservation), new SeatPaid(seat));
    }

    @Test
    void a_seat_that_is_released_and_reserved_again_has_a_time_of_its_own() {
        UUID second = UUID.randomUUID();
        commands.execute(new ReserveSeat(seat, reservation));
        clock.advance(Duration.ofMinutes(10));
        commands.execute(new ReleaseSeat(seat, reservation));
        commands.execute(new ReserveSeat(seat, second));

        clock.advance(Duration.ofMinutes(14));
        assertThat(released()).isEqualTo(1);

        clock.advance(Duration.ofMinutes(1));
        assertThat(released()).isEqualTo(2);
    }

    @Test
    void a_release_that_comes_late_leaves_the_next_reservation_alone() {
        UUID second = UUID.randomUUID();
        commands.execute(new ReserveSeat(seat, reservation));
        commands.execute(new ReleaseSeat(seat, reservation));
        commands.execute(new ReserveSeat(seat, second));

        commands.execute(new ReleaseSeat(seat, reservation));

        assertThat(events()).endsWith(new SeatReserved(seat, second));
    }

    @Test
    void a_payment_that_comes_after_the_release_is_refused() {
        commands.execute(new ReserveSeat(seat, reservation));
        clock.advance(Duration.ofHours(3));

        assertThatExceptionOfType(BusinessRuleViolationException.class)
                .isThrownBy(() -> commands.execute(new PaySeat(seat)));
        assertThat(events()).endsWith(new SeatReleased(seat));
    }

    @Test
    void reminders_follow_each_other_until_the_seat_is_released() {
        commands.execute(new ReserveSeat(seat, reservation));

        clock.advance(Duration.ofHours(1));

        assertThat(events())
                .startsWith(
                        new SeatReserved(seat, reservation),
                        new PaymentReminded(seat, reservation, 1),
                        new PaymentReminded(seat, reservation, 2))
                .contains(new SeatReleased(seat));
        assertThat(events()).filteredOn(PaymentReminded.class::isInstance).hasSizeBetween(2, 3);
    }

    @Test
    void time_does_not_go_back() {
        assertThatIllegalArgumentException().isThrownBy(() -> clock.advance(Duration.ofMinutes(-1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReactionScenario.given().after(Duration.ofMinutes(-1)));
    }

    @Test
    void a_night_is_counted_once_however_often_it_is_tried() {
        NightlyCount nightly =
                new NightlyCount(commands, Clock.fixed(Instant.parse("2026-03-29T03:00:00Z"), ZoneOffset.UTC));

        nightly.count();
        nightly.count();

        assertThat(store.streamVersion(StreamId.of("hall-1")).value()).isEqualTo(1);
    }

    // tag::scenario[]
    @Test
    void a_seat_is_released_after_a_quarter_of_an_hour() {
        ReactionScenario.given(new SeatReserved(seat, reservation))
                .after(Duration.ofMinutes(15))
                .when(new SeatsApplication().releaseUnpaidSeats())
                .then(new ReleaseSeat(seat, reservation));
    }
    // end::scenario[]

    @Test
    void a_scenario_knows_what_is_called_off_and_what_is_not_due() {
        var releasing = new SeatsApplication().releaseUnpaidSeats();
        ReactionScenario.given(new SeatReserved(seat, reservation))
                .after(Duration.ofMinutes(10))
                .and(new SeatPaid(seat))
                .after(Duration.ofMinutes(10))
                .when(releasing)
                .thenNothing();
        ReactionScenario.given(new SeatReserved(seat, reservation))
                .after(Duration.ofMinutes(14))
                .when(releasing)
                .thenNothing();
        ReactionScenario.given(new SeatReserved(seat, reservation))
                .after(Duration.ofMinutes(16))
                .and(new SeatPaid(seat))
                .when(releasing)
                .then(new ReleaseSeat(seat, reservation));
    }

    private long released() {
        return events().stream().filter(SeatReleased.class::isInstance).count();
    }

    private List<SeatEvent> events() {
        return store.readStream(seat, SeatEvent.class).toList().stream()
                .<SeatEvent>map(RecordedEvent::event)
                .toList();
    }
}
