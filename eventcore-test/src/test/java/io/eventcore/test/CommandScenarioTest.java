package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Event;
import io.eventcore.EventSerializationException;
import io.eventcore.StreamId;
import io.eventcore.command.BusinessRuleViolationException;
import io.eventcore.command.Command;
import io.eventcore.command.CommandContext;
import io.eventcore.command.Require;
import io.eventcore.command.Stream;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.test.wellformed.Tickets.Look;
import io.eventcore.test.wellformed.Tickets.Sell;
import io.eventcore.test.wellformed.Tickets.TicketEvent;
import io.eventcore.test.wellformed.Tickets.TicketEvent.Sold;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.module.SimpleModule;

class CommandScenarioTest {
    private static final StreamId TICKET = StreamId.of("ticket-7");
    private static final Sold SOLD = new Sold(TICKET, 1_000);

    // tag::scenario[]
    @Test
    void a_ticket_is_sold_once() {
        CommandScenario.givenNothing()
                .at(Instant.ofEpochSecond(1_000))
                .when(new Sell(TICKET))
                .then(new Sold(TICKET, 1_000));

        CommandScenario.given(new Sold(TICKET, 1_000))
                .when(new Sell(TICKET))
                .thenRejected(BusinessRuleViolationException.class)
                .hasMessage("is sold");
    }
    // end::scenario[]

    @Test
    void nothing_may_happen() {
        CommandScenario.given(SOLD).when(new Look(TICKET)).thenUnchanged();
    }

    record Printed(StreamId streamId, String text) implements Event {}

    record Print(@Stream StreamId stream, String text, int copies) implements Command<Integer, Printed> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer printed, Printed event) {
            return printed + 1;
        }

        @Override
        public List<Printed> handle(Integer printed) {
            return Collections.nCopies(copies, new Printed(stream, text));
        }
    }

    @Test
    void what_happened_and_what_happens_may_be_larger_than_a_page_of_the_log() {
        String text = "x".repeat(900_000);
        Printed[] six = Collections.nCopies(6, new Printed(TICKET, text)).toArray(Printed[]::new);

        CommandScenario.given(six).when(new Print(TICKET, text, 6)).then(six);
    }

    record Marked(StreamId streamId, BitSet bits) implements Event {}

    record Mark(@Stream StreamId stream, int bit) implements Command<Integer, Marked> {
        @Override
        public Integer initialState() {
            return 0;
        }

        @Override
        public Integer apply(Integer marks, Marked event) {
            return marks + 1;
        }

        @Override
        public List<Marked> handle(Integer marks) {
            BitSet bits = new BitSet();
            bits.set(bit);
            return List.of(new Marked(stream, bits));
        }
    }

    @Test
    void an_event_that_a_database_would_not_give_back_fails_the_scenario() {
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> CommandScenario.givenNothing().when(new Mark(TICKET, 3)))
                .withMessageContaining("component 'bits' does not survive its JSON form");
        assertThatExceptionOfType(EventSerializationException.class)
                .isThrownBy(() -> CommandScenario.given(
                                new Mark(TICKET, 3).handle(0).get(0))
                        .when(new Mark(TICKET, 4)));
    }

    @Test
    void a_serializer_of_the_application_may_know_more() {
        EventTypes types = EventTypes.builder().register(Marked.class, "marked").build();
        SimpleModule bits = new SimpleModule("bits")
                .addSerializer(BitSet.class, new BitsWriter())
                .addDeserializer(BitSet.class, new BitsReader());
        EventSerializer serializer = new JacksonEventSerializer(
                types, EventJson.builder().addModule(bits).build());
        BitSet three = new BitSet();
        three.set(3);

        CommandScenario.givenNothing()
                .storedBy(serializer)
                .when(new Mark(TICKET, 3))
                .then(new Marked(TICKET, three));
    }

    private static final class BitsWriter extends ValueSerializer<BitSet> {
        @Override
        public void serialize(BitSet value, JsonGenerator generator, SerializationContext context) {
            generator.writeString(new BigInteger(1, value.toByteArray()).toString());
        }
    }

    private static final class BitsReader extends ValueDeserializer<BitSet> {
        @Override
        public BitSet deserialize(JsonParser parser, DeserializationContext context) {
            return BitSet.valueOf(new BigInteger(parser.getString()).toByteArray());
        }
    }

    @Test
    void the_context_is_stored() {
        assertThat(CommandScenario.givenNothing()
                        .at(Instant.ofEpochSecond(1_000))
                        .when(new Sell(TICKET), CommandContext.empty().withActor("ada"))
                        .then(SOLD)
                        .get(0)
                        .metadata()
                        .actor())
                .contains("ada");
    }

    @Test
    void every_other_outcome_fails_the_test() {
        CommandScenario.Outcome sold = CommandScenario.givenNothing().when(new Sell(TICKET));
        CommandScenario.Outcome refused = CommandScenario.given(SOLD).when(new Sell(TICKET));

        assertThatExceptionOfType(AssertionError.class).isThrownBy(sold::thenUnchanged);
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> sold.then(SOLD));
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> sold.thenRejected(RuntimeException.class));
        assertThatExceptionOfType(AssertionError.class).isThrownBy(refused::thenUnchanged);
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> refused.then(SOLD));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> refused.thenRejected(IllegalStateException.class));
    }

    @ParameterizedTest
    @CsvSource({
        "handle, handle changes its state, state.names",
        "discoverStreams, discoverStreams changes its state, state.names",
        "apply, apply changes the state that initialState returns, state.names"
    })
    void a_command_that_changes_its_state_is_told_where(String where, String what, String place) {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> CommandScenario.given(SOLD).when(new Changing(TICKET, where, new Names())))
                .withMessageContaining(what)
                .withMessageContaining(Changing.class.getName())
                .withMessageContaining("'" + place + "'")
                .withMessageContaining("Copy before you change");
    }

    @Test
    void a_command_that_changes_a_fresh_state_while_it_folds_is_fine() {
        CommandScenario.given(SOLD).when(new Changing(TICKET, "", new Names())).thenUnchanged();
    }

    @Test
    void a_command_that_changes_an_event_is_told_where() {
        Filled first = new Filled(TICKET, List.of("bread"));
        Filled second = new Filled(TICKET, List.of("milk"));

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> CommandScenario.given(first, second).when(new Careless(TICKET)))
                .withMessageContaining("apply of")
                .withMessageContaining(Careless.class.getName() + " changes an event (" + Filled.class.getName() + ")")
                .withMessageContaining("'event.items'")
                .withMessageContaining("An event must not change");
    }

    private record Filled(StreamId streamId, List<String> items) implements Event {}

    /** Takes the list of an event as its state, and adds to it. */
    private record Careless(@Stream StreamId ticket) implements Command<List<String>, Filled> {
        @Override
        public List<String> initialState() {
            return List.of();
        }

        @Override
        public List<String> apply(List<String> state, Filled event) {
            if (!state.isEmpty()) {
                state.addAll(event.items());
                return state;
            }
            return event.items();
        }

        @Override
        public List<Filled> handle(List<String> state) {
            return List.of();
        }
    }

    /** A state without equality. */
    private static final class Names {
        private final List<String> names = new ArrayList<>();
        private transient int lookedAt;

        int look() {
            return ++lookedAt;
        }
    }

    private record Changing(@Stream StreamId ticket, String where, Names shared)
            implements Command<Names, TicketEvent> {
        @Override
        public Names initialState() {
            return where.equals("apply") ? shared : new Names();
        }

        @Override
        public Names apply(Names state, TicketEvent event) {
            state.names.add("sold");
            return state;
        }

        @Override
        public Set<StreamId> discoverStreams(Names state) {
            change(state, "discoverStreams");
            return Set.of();
        }

        @Override
        public List<TicketEvent> handle(Names state) {
            change(state, "handle");
            Require.that(state.look() > 0, "looked at");
            return List.of();
        }

        private void change(Names state, String method) {
            if (where.equals(method)) {
                state.names.clear();
            }
        }
    }
}
