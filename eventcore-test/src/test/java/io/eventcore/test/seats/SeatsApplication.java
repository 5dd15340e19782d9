package io.eventcore.test.seats;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.CommandExecutor;
import io.eventcore.command.CommandId;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.reaction.Reaction;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.Scheduled;

@SpringBootApplication
class SeatsApplication {
    sealed interface SeatEvent extends Event {
        @EventType("seats.reserved")
        record SeatReserved(StreamId streamId, UUID reservation) implements SeatEvent {}

        @EventType("seats.paid")
        record SeatPaid(StreamId streamId) implements SeatEvent {}

        @EventType("seats.released")
        record SeatReleased(StreamId streamId) implements SeatEvent {}

        @EventType("seats.reminded")
        record PaymentReminded(StreamId streamId, UUID reservation, int times) implements SeatEvent {}

        @EventType("seats.counted")
        record SeatsCounted(StreamId streamId, LocalDate day) implements SeatEvent {}
    }

    // tag::release[]
    @Bean
    Reaction<SeatEvent> releaseUnpaidSeats() {
        return Reaction.named("release-unpaid-seats", SeatEvent.class)
                .on(SeatEvent.SeatReserved.class)
                .after(Duration.ofMinutes(15))
                .unless(SeatEvent.SeatPaid.class, SeatEvent.SeatReleased.class)
                .execute(
                        event -> new ReleaseSeat(event.streamId(), event.event().reservation()))
                .build();
    }
    // end::release[]

    // tag::remind[]
    @Bean
    Reaction<SeatEvent> remindOfThePayment() {
        return Reaction.named("remind-of-the-payment", SeatEvent.class)
                .on(SeatEvent.SeatReserved.class)
                .after(Duration.ofMinutes(5))
                .unless(SeatEvent.SeatPaid.class, SeatEvent.SeatReleased.class)
                .execute(event ->
                        new RemindOfPayment(event.streamId(), event.event().reservation(), 1))
                .build();
    }

    @Bean
    Reaction<SeatEvent> remindAgain() {
        return Reaction.named("remind-again", SeatEvent.class)
                .on(SeatEvent.PaymentReminded.class)
                .after(Duration.ofMinutes(5))
                .unless(SeatEvent.SeatPaid.class, SeatEvent.SeatReleased.class, SeatEvent.PaymentReminded.class)
                .execute(event -> new RemindOfPayment(
                        event.streamId(),
                        event.event().reservation(),
                        event.event().times() + 1))
                .build();
    }
    // end::remind[]

    // tag::schedule[]
    /** Every night; on every instance, at each of several attempts: the id makes it one count for each day. */
    static class NightlyCount {
        private final CommandExecutor commands;
        private final Clock clock;

        NightlyCount(CommandExecutor commands, Clock clock) {
            this.commands = commands;
            this.clock = clock;
        }

        @Scheduled(cron = "0 0 3 * * *", zone = "UTC")
        void count() {
            LocalDate day = LocalDate.now(clock);
            commands.execute(
                    new CountSeats(StreamId.of("hall-1"), day),
                    CommandContext.empty().withCommandId(CommandId.of("nightly-count", day.toString())));
        }
    }
    // end::schedule[]

    /** What is known of a seat: the last reservation, and what became of it. */
    record Seat(@Nullable UUID reservation, State state) {
        enum State {
            FREE,
            RESERVED,
            PAID
        }

        Seat now(State next) {
            return new Seat(reservation, next);
        }

        boolean isReserved() {
            return state == State.RESERVED;
        }

        /** Not by another reservation that came after the one that is meant. */
        boolean isReservedBy(UUID meant) {
            return isReserved() && meant.equals(reservation);
        }
    }

    interface SeatCommand extends Command<Seat, SeatEvent> {
        @Override
        default Seat initialState() {
            return new Seat(null, Seat.State.FREE);
        }

        @Override
        default Seat apply(Seat seat, SeatEvent event) {
            if (event instanceof SeatEvent.SeatReserved reserved) {
                return new Seat(reserved.reservation(), Seat.State.RESERVED);
            }
            if (event instanceof SeatEvent.SeatPaid) {
                return seat.now(Seat.State.PAID);
            }
            return event instanceof SeatEvent.SeatReleased ? seat.now(Seat.State.FREE) : seat;
        }
    }

    record ReserveSeat(@Stream StreamId seat, UUID reservation) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            Require.that(state.state() == Seat.State.FREE, "The seat is taken");
            return List.of(new SeatEvent.SeatReserved(seat, reservation));
        }
    }

    record PaySeat(@Stream StreamId seat) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            Require.that(state.isReserved(), "The seat is not reserved");
            return List.of(new SeatEvent.SeatPaid(seat));
        }
    }

    // tag::rule[]
    record ReleaseSeat(@Stream StreamId seat, UUID reservation) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            return state.isReservedBy(reservation) ? List.of(new SeatEvent.SeatReleased(seat)) : List.of();
        }
    }
    // end::rule[]

    // tag::again[]
    record RemindOfPayment(@Stream StreamId seat, UUID reservation, int times) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            return state.isReservedBy(reservation)
                    ? List.of(new SeatEvent.PaymentReminded(seat, reservation, times))
                    : List.of();
        }
    }
    // end::again[]

    record CountSeats(@Stream StreamId hall, LocalDate day) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            return List.of(new SeatEvent.SeatsCounted(hall, day));
        }
    }
}
