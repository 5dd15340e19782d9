package io.eventcore.console.tickets;

import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.StreamId;
import io.eventcore.autoconfigure.EventTypesCustomizer;
import io.eventcore.command.Command;
import io.eventcore.command.Stream;
import io.eventcore.console.earlier.SeatCleaned;
import io.eventcore.projection.FailureDecision;
import io.eventcore.projection.Projection;
import io.eventcore.reaction.Reaction;
import io.eventcore.snapshot.Snapshot;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** An application with something for each view of the console. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Tickets {
    /** What happens to a seat. */
    public sealed interface SeatEvent extends Event {
        /** Somebody wants it. */
        @EventType("seat.reserved")
        record SeatReserved(StreamId streamId, String guest, long cents) implements SeatEvent {}

        /** It is paid. */
        @EventType("seat.paid")
        record SeatPaid(StreamId streamId) implements SeatEvent {}

        /** It is free again. */
        @EventType("seat.released")
        record SeatReleased(StreamId streamId) implements SeatEvent {}

        /** Nobody has told of it in time. */
        @EventType("seat.reminded")
        record SeatReminded(StreamId streamId) implements SeatEvent {}
    }

    /** What is known of a seat. */
    public record Seat(String guest, boolean paid, int changes) {}

    /** A command on one seat. */
    public sealed interface SeatCommand extends Command<Seat, SeatEvent> {
        @Override
        default Seat initialState() {
            return new Seat("", false, 0);
        }

        @Override
        default Seat apply(Seat seat, SeatEvent event) {
            if (event instanceof SeatEvent.SeatReserved reserved) {
                return new Seat(reserved.guest(), false, seat.changes() + 1);
            }
            if (event instanceof SeatEvent.SeatReleased) {
                return new Seat("", false, seat.changes() + 1);
            }
            return new Seat(seat.guest(), seat.paid() || event instanceof SeatEvent.SeatPaid, seat.changes() + 1);
        }
    }

    /** Reserves a seat. */
    @Snapshot(name = "seat", version = 1)
    public record ReserveSeat(@Stream StreamId seat, String guest) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            return List.of(new SeatEvent.SeatReserved(seat, guest, 1_250));
        }
    }

    /** Pays for it. */
    public record PaySeat(@Stream StreamId seat) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            return List.of(new SeatEvent.SeatPaid(seat));
        }
    }

    /** Reminds of the payment; fails for one guest. */
    public record RemindOfSeat(@Stream StreamId seat) implements SeatCommand {
        @Override
        public List<SeatEvent> handle(Seat state) {
            if (state.guest().startsWith("Broken")) {
                throw new IllegalStateException("cannot be reminded");
            }
            return List.of(new SeatEvent.SeatReminded(seat));
        }
    }

    /** Switches of the tests. */
    public static final class Switches {
        /** The status that each request for data is answered with; 0 for the real answer. */
        public final AtomicInteger status = new AtomicInteger();

        /** Whether only actions are answered with that status. */
        public final AtomicBoolean onlyActions = new AtomicBoolean();

        /** Whether the database gives out no connection. */
        public final AtomicBoolean down = new AtomicBoolean();

        /** Whether the projection fails at a broken guest. */
        public final AtomicBoolean broken = new AtomicBoolean(true);

        Switches() {}
    }

    @Bean
    static Switches switches() {
        return new Switches();
    }

    @Bean
    static BeanPostProcessor databaseThatMayBeDown(ObjectProvider<Switches> switches) {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                return bean instanceof DataSource real ? new MayBeDown(real, switches.getObject().down) : bean;
            }
        };
    }

    private static final class MayBeDown extends DelegatingDataSource {
        private final AtomicBoolean down;

        MayBeDown(DataSource real, AtomicBoolean down) {
            super(real);
            this.down = down;
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (down.get()) {
                throw new SQLTransientConnectionException("The database is down", "08001");
            }
            return super.getConnection();
        }
    }

    @Bean
    Filter gate(Switches switches) {
        return (request, response, chain) -> {
            HttpServletRequest asked = (HttpServletRequest) request;
            int status = switches.status.get();
            if (status != 0
                    && asked.getRequestURI().matches(".*/eventcore(/.*)?")
                    && (asked.getMethod().equals("POST") || !switches.onlyActions.get())) {
                ((HttpServletResponse) response).sendError(status);
            } else {
                chain.doFilter(request, response);
            }
        };
    }

    @Bean
    Projection<SeatEvent> guests(Switches switches) {
        return Projection.named("guests", SeatEvent.class)
                .on(SeatEvent.SeatReserved.class, reserved -> {
                    if (switches.broken.get() && reserved.event().guest().startsWith("Broken")) {
                        throw new IllegalStateException("secret-in-exception");
                    }
                })
                .onError(failure -> FailureDecision.PARK)
                .clearedBy(() -> {})
                .build();
    }

    @Bean
    Projection<SeatEvent> takings() {
        return Projection.named("takings-of-each-evening-with-a-name-that-is-far-too-long", SeatEvent.class)
                .on(SeatEvent.SeatPaid.class, paid -> {})
                .clearedBy(() -> {})
                .build();
    }

    @Bean
    Reaction<SeatEvent> payAtOnce() {
        return Reaction.named("remind-at-once", SeatEvent.class)
                .on(SeatEvent.SeatReserved.class)
                .after(Duration.ZERO)
                .execute(event -> new RemindOfSeat(event.streamId()))
                .onError(failure -> FailureDecision.PARK)
                .build();
    }

    @Bean
    Reaction<SeatEvent> remindTomorrow() {
        return Reaction.named("remind-tomorrow", SeatEvent.class)
                .on(SeatEvent.SeatReserved.class)
                .after(Duration.ofDays(1))
                .unless(SeatEvent.SeatPaid.class)
                .execute(event -> new RemindOfSeat(event.streamId()))
                .build();
    }

    /** The release that has the event whose class is gone later. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBooleanProperty("tickets.earlier-release")
    static class EarlierRelease {
        @Bean
        EventTypesCustomizer cleaned() {
            return types -> types.register(SeatCleaned.class);
        }
    }
}
