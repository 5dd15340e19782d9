package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.eventcore.Event;
import io.eventcore.EventType;
import io.eventcore.PersonalData;
import io.eventcore.memory.InMemorySubjectKeyStore;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventJson;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.Upcaster;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A first release, and what later ones make of its events. Each is a class of its own under the name of the first. */
class TypesLockTest {
    private static final String UPDATE = "eventcore.types.update";

    @TempDir
    Path folder;

    Path file;

    @EventType("sold")
    record Sold(String seat, int price, List<Extra> extras, Payment payment) implements Event {}

    enum Extra {
        MEAL,
        WINDOW
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({@JsonSubTypes.Type(Card.class), @JsonSubTypes.Type(Cash.class)})
    sealed interface Payment permits Card, Cash {}

    @JsonTypeName("card")
    record Card(String number) implements Payment {}

    @JsonTypeName("cash")
    record Cash() implements Payment {}

    @BeforeEach
    void the_first_release_is_committed() {
        file = folder.resolve("eventcore-types.json");
        accept(Sold.class);
    }

    @Test
    void the_same_events_are_compatible() {
        assertThatCode(() -> compare(Sold.class)).doesNotThrowAnyException();
    }

    @Test
    void the_file_holds_each_constant_and_each_alternative() throws IOException {
        assertThat(Files.readString(file))
                .contains("\"MEAL\"", "\"WINDOW\"", "\"card\"", "\"cash\"")
                .contains("\"extras[]\" : \"one of MEAL, WINDOW\"");
    }

    @Test
    void without_a_file_nothing_is_compatible() throws IOException {
        Files.delete(file);

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(Sold.class))
                .withMessageContaining("'sold' (" + Sold.class.getName() + ") is not in the file")
                .withMessageContaining("-Deventcore.types.update=true");
        assertThat(file).doesNotExist();
    }

    @EventType("sold")
    record SeatSold(String seat, int price, List<Supplement> extras, Payment payment) implements Event {}

    enum Supplement {
        WINDOW,
        MEAL
    }

    @Test
    void classes_may_have_other_names() {
        assertThatCode(() -> compare(SeatSold.class)).doesNotThrowAnyException();
    }

    @EventType("seat-sold")
    record Renamed(String seat, int price, List<Extra> extras, Payment payment) implements Event {}

    @EventType(value = "seat-sold", aliases = "sold")
    record RenamedWithAlias(String seat, int price, List<Extra> extras, Payment payment) implements Event {}

    @Test
    void a_name_that_lost_its_class_is_named() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(Renamed.class))
                .withMessageContaining("'sold': what is stored cannot be read any more: no event class is registered")
                .withMessageContaining("'seat-sold' (" + Renamed.class.getName() + ") is not in the file");
    }

    @Test
    void one_that_became_an_alias_stays_in_the_file_for_ever() throws IOException {
        accept(RenamedWithAlias.class);
        assertThatCode(() -> compare(RenamedWithAlias.class)).doesNotThrowAnyException();
        assertThat(Files.readString(file)).contains("\"sold\" : {", "\"seat-sold\" : {");

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(Renamed.class))
                .withMessageContaining("'sold': what is stored cannot be read any more");
    }

    @EventType("sold")
    record WithNote(String seat, int price, List<Extra> extras, Payment payment, Optional<String> note)
            implements Event {}

    @Test
    void a_component_that_is_added_is_accepted_once_and_former_events_stay_in_the_file() throws IOException {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(WithNote.class))
                .withMessageContaining("note is new (String or nothing)");

        accept(WithNote.class);

        assertThatCode(() -> compare(WithNote.class)).doesNotThrowAnyException();
        assertThat(Files.readString(file)).contains("\"readAs\"");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(Sold.class))
                .withMessageContaining("note is gone (String or nothing)");
    }

    @EventType("sold")
    record WithoutPrice(String seat, List<Extra> extras, Payment payment) implements Event {}

    @EventType("sold")
    record PriceIsText(String seat, String price, List<Extra> extras, Payment payment) implements Event {}

    @EventType("sold")
    record PriceIsDecimal(String seat, BigDecimal price, List<Extra> extras, Payment payment) implements Event {}

    @EventType("sold")
    record ExtrasAreASet(String seat, int price, Set<Extra> extras, Payment payment) implements Event {}

    @EventType("sold")
    record FewerExtras(String seat, int price, List<OnlyMeals> extras, Payment payment) implements Event {}

    enum OnlyMeals {
        MEAL
    }

    @EventType("sold")
    record FewerPayments(String seat, int price, List<Extra> extras, Cards payment) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes(@JsonSubTypes.Type(CardAgain.class))
    sealed interface Cards permits CardAgain {}

    @JsonTypeName("card")
    record CardAgain(String number) implements Cards {}

    @EventType("sold")
    record OtherSeat(String seat, int price, List<Extra> extras, Payment payment) implements Event {
        OtherSeat {
            seat = seat.equals("a") ? "A" : seat;
        }
    }

    @Test
    void what_does_not_fit_is_named_with_its_component() {
        assertRefused(
                WithoutPrice.class, "price is gone (int)", "what is stored is read as something else: price is lost");
        assertRefused(PriceIsText.class, "price was int, is String");
        assertRefused(PriceIsDecimal.class, "price was int, is BigDecimal");
        assertRefused(FewerExtras.class, "extras[] was one of MEAL, WINDOW, is one of MEAL", "cannot be read any more");
        assertRefused(FewerPayments.class, "payment<cash> is gone", "cannot be read any more");
        assertRefused(OtherSeat.class, "'sold': what is stored is read as something else: seat differs");
    }

    @Test
    void what_is_stored_alike_is_compatible() {
        assertThatCode(() -> compare(ExtrasAreASet.class)).doesNotThrowAnyException();
    }

    @Test
    void what_cannot_be_read_any_more_is_gone_from_an_accepted_file() throws IOException {
        accept(FewerExtras.class);

        assertThat(Files.readString(file)).doesNotContain("WINDOW");
    }

    @EventType("picky")
    record Picky(String text) implements Event {
        Picky {
            if (!text.startsWith("picky")) {
                throw new IllegalArgumentException("not picky");
            }
        }
    }

    @Test
    void a_class_that_no_sample_can_be_made_of_needs_one() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> accept(Sold.class, Picky.class))
                .withMessageContaining("'picky': no sample of " + Picky.class.getName() + " can be made");

        EventTypes types = EventTypes.of(Sold.class, Picky.class);
        System.setProperty(UPDATE, "true");
        try {
            EventCoreAssertions.assertCompatible(file, types, serializer(types), new Picky("picky one"));
        } finally {
            System.clearProperty(UPDATE);
        }

        assertThatCode(() ->
                        EventCoreAssertions.assertCompatible(file, types, serializer(types), new Picky("picky one")))
                .doesNotThrowAnyException();
    }

    @EventType("joined")
    record Joined(
            String member, @PersonalData(subject = "member") String name) implements Event {}

    @EventType("joined")
    record JoinedInTheClear(String member, String name) implements Event {}

    @Test
    void a_value_that_is_not_personal_any_more_is_named() {
        accept(Sold.class, Joined.class);

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(Sold.class, JoinedInTheClear.class))
                .withMessageContaining("name was String, personal, is String");
    }

    @EventType("born")
    record Born(
            String member, @PersonalData(subject = "member") String date) implements Event {
        Born {
            if (date.equals("a")) {
                throw new IllegalArgumentException("no date");
            }
        }
    }

    @EventType(value = "born", revision = 2)
    record BornInYear(String member, int year) implements Event {}

    @Test
    void what_is_read_of_an_erased_person_is_a_sample_too() {
        EventTypes before = EventTypes.of(Born.class);
        EventTypes after = EventTypes.builder()
                .register(BornInYear.class)
                .upcaster(Upcaster.from("born").toRevision(2, event -> {
                    String date = event.object().remove("date").asString();
                    return event.object().put("year", Integer.parseInt(date.substring(0, 4)));
                }))
                .build();
        file = folder.resolve("persons.json");
        updating(() ->
                EventCoreAssertions.assertCompatible(file, before, serializer(before), new Born("c-1", "1815-12-10")));

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> EventCoreAssertions.assertCompatible(file, after, serializer(after)))
                .withMessageContaining("'born': what is stored cannot be read any more");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{\"sold\":1}", "{\"sold\":{}}"})
    void a_damaged_file_is_named(String text) throws IOException {
        Files.writeString(file, text);

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(Sold.class))
                .withMessageContaining(file.toString());
    }

    private void accept(Class<?>... classes) {
        updating(() -> compare(classes));
    }

    private static EventSerializer serializer(EventTypes types) {
        return new JacksonEventSerializer(
                types, EventJson.builder().build(), PersonalDataProtection.of(new InMemorySubjectKeyStore()));
    }

    private static void updating(Runnable assertion) {
        System.setProperty(UPDATE, "true");
        try {
            assertion.run();
        } finally {
            System.clearProperty(UPDATE);
        }
    }

    private void compare(Class<?>... classes) {
        EventTypes.Builder builder = EventTypes.builder();
        Stream.of(classes).forEach(type -> builder.register(type.asSubclass(Event.class)));
        EventTypes types = builder.build();
        EventCoreAssertions.assertCompatible(file, types, serializer(types));
    }

    private void assertRefused(Class<? extends Event> type, String... expected) {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(type))
                .satisfies(e -> assertThat(e.getMessage()).contains(expected));
    }
}
