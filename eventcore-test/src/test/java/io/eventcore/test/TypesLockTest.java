package io.eventcore.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.annotation.JsonProperty;
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
import java.util.ArrayList;
import java.util.Collection;
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
        assertRefused(ExtrasAreASet.class, "extras[] was one of MEAL, WINDOW, is one of MEAL, WINDOW, each once");
        assertRefused(FewerExtras.class, "extras[] was one of MEAL, WINDOW, is one of MEAL", "cannot be read any more");
        assertRefused(FewerPayments.class, "payment<cash> is gone", "cannot be read any more");
        assertRefused(OtherSeat.class, "'sold': what is stored is read as something else: seat differs");
    }

    @EventType("sold")
    record ExtrasAreACollection(String seat, int price, Collection<Extra> extras, Payment payment) implements Event {}

    @Test
    void what_is_stored_alike_is_compatible() {
        assertThatCode(() -> compare(ExtrasAreACollection.class)).doesNotThrowAnyException();
    }

    @Test
    void what_cannot_be_read_any_more_stays_in_the_file_and_fails() throws IOException {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> accept(FewerExtras.class))
                .withMessageContaining("cannot be read any more")
                .withMessageContaining("delete it by hand only if no such event was ever stored");

        assertThat(Files.readString(file)).contains("\"WINDOW\"");
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> compare(FewerExtras.class));
    }

    @EventType(value = "sold", revision = 2)
    record SoldForMoney(String seat, int price, String currency, List<Extra> extras, Payment payment)
            implements Event {}

    @Test
    void an_earlier_revision_stays_in_the_file_and_needs_its_upcaster_for_ever() {
        Upcaster inEuros =
                Upcaster.from("sold").toRevision(2, event -> event.object().put("currency", "EUR"));

        accept(List.of(inEuros), SoldForMoney.class);
        assertThatCode(() -> compare(List.of(inEuros), SoldForMoney.class)).doesNotThrowAnyException();

        Upcaster wrong =
                Upcaster.from("sold").toRevision(2, event -> event.object().put("currency", "USD"));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(List.of(wrong), SoldForMoney.class))
                .withMessageContaining("'sold': what is stored is read as something else: currency differs");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compareNewOnly(SoldForMoney.class))
                .withMessageContaining("'sold': what is stored cannot be read any more");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> updating(() -> compareNewOnly(SoldForMoney.class)))
                .withMessageContaining("'sold': what is stored cannot be read any more");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compareNewOnly(SoldForMoney.class))
                .withMessageContaining("'sold': what is stored cannot be read any more");
    }

    @Test
    void names_that_were_there_before_the_file_are_in_it() throws IOException {
        file = folder.resolve("late.json");
        Upcaster dropped = Upcaster.from("viewed").toNothing();
        accept(List.of(dropped), RenamedWithAlias.class);

        assertThat(Files.readString(file)).contains("\"sold\" : {", "\"seat-sold\" : {", "\"viewed\" : {");
        assertThatCode(() -> compare(List.of(dropped), RenamedWithAlias.class)).doesNotThrowAnyException();
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(RenamedWithAlias.class))
                .withMessageContaining("'viewed': what is stored cannot be read any more");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(List.of(dropped), Renamed.class))
                .withMessageContaining("'sold': what is stored cannot be read any more");
    }

    @Test
    void a_former_name_that_is_not_in_the_file_is_named() {
        accept(Renamed.class, Sold.class);

        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> compare(List.of(Upcaster.from("viewed").toNothing()), Renamed.class, Sold.class))
                .withMessageContaining("'viewed' is read, and is not in the file");
    }

    @EventType("paid")
    record Paid(Means means) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = ByCard.class, name = "card"),
        @JsonSubTypes.Type(value = ByCash.class, name = "cash")
    })
    interface Means {}

    record ByCard(String number) implements Means {}

    record ByCash(Note note) implements Means {}

    enum Note {
        @JsonProperty("5")
        FIVE,
        @JsonProperty("10")
        TEN
    }

    @EventType("paid")
    record PaidOtherwise(OtherMeans means) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = OtherCard.class, name = "card"),
        @JsonSubTypes.Type(value = OtherCash.class, name = "money")
    })
    interface OtherMeans {}

    record OtherCard(String number) implements OtherMeans {}

    record OtherCash(Note note) implements OtherMeans {}

    @EventType("paid")
    record PaidInOtherNotes(SameMeans means) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = SameCard.class, name = "card"),
        @JsonSubTypes.Type(value = SameCash.class, name = "cash")
    })
    sealed interface SameMeans permits SameCard, SameCash {}

    record SameCard(String number) implements SameMeans {}

    record SameCash(OtherNote note) implements SameMeans {}

    enum OtherNote {
        @JsonProperty("5")
        FIVE,
        @JsonProperty("20")
        TEN
    }

    @EventType("paid")
    record PaidWithOtherClasses(RenamedMeans means) implements Event {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = RenamedCard.class, name = "card"),
        @JsonSubTypes.Type(value = RenamedCash.class, name = "cash")
    })
    sealed interface RenamedMeans permits RenamedCard, RenamedCash {}

    record RenamedCard(String number) implements RenamedMeans {}

    record RenamedCash(Note note) implements RenamedMeans {}

    @Test
    void alternatives_are_known_by_their_names_in_json_and_each_is_tried_with_all_it_may_hold() throws IOException {
        file = folder.resolve("paid.json");
        accept(Paid.class);

        assertThat(Files.readString(file))
                .contains("\"means<cash>.note\" : \"one of 10, 5\"", "\"note\" : \"5\"", "\"note\" : \"10\"");
        assertThatCode(() -> compare(PaidWithOtherClasses.class)).doesNotThrowAnyException();
        assertRefused(PaidOtherwise.class, "means<cash> is gone", "cannot be read any more");
        assertRefused(PaidInOtherNotes.class, "means<cash>.note was one of 10, 5, is one of 20, 5");
    }

    @EventType("labelled")
    record Labelled(Labels labels) implements Event {}

    @SuppressWarnings("serial") // Nothing serializes it but JSON.
    static final class Labels extends ArrayList<String> {}

    @EventType("labelled")
    record LabelledWithCache(CachingLabels labels) implements Event {}

    @SuppressWarnings("serial") // Nothing serializes it but JSON.
    static final class CachingLabels extends ArrayList<String> {
        private transient int cached;

        @Override
        public int hashCode() {
            cached = super.hashCode();
            return cached;
        }

        @Override
        public boolean equals(Object other) {
            return super.equals(other);
        }
    }

    @Test
    void what_classes_keep_for_themselves_is_no_part_of_the_shape() {
        file = folder.resolve("labelled.json");
        accept(Labelled.class);

        assertThatCode(() -> compare(LabelledWithCache.class)).doesNotThrowAnyException();
    }

    enum Many {
        A1,
        A2,
        A3,
        A4,
        A5,
        A6,
        A7,
        A8,
        A9,
        A10,
        A11,
        A12,
        A13,
        A14,
        A15,
        A16,
        A17,
        A18,
        A19,
        A20,
        A21,
        A22,
        A23,
        A24,
        A25,
        B1,
        B2,
        B3,
        B4,
        B5,
        B6,
        B7,
        B8,
        B9,
        B10,
        B11,
        B12,
        B13,
        B14,
        B15,
        B16,
        B17,
        B18,
        B19,
        B20,
        B21,
        B22,
        B23,
        B24,
        B25,
        C1,
        C2,
        C3,
        C4,
        C5,
        C6,
        C7,
        C8,
        C9,
        C10,
        C11,
        C12,
        C13,
        C14,
        C15,
        C16,
        C17,
        C18,
        C19,
        C20,
        C21,
        C22,
        C23,
        C24,
        C25,
        D1,
        D2,
        D3,
        D4,
        D5,
        D6,
        D7,
        D8,
        D9,
        D10,
        D11,
        D12,
        D13,
        D14,
        D15,
        D16,
        D17,
        D18,
        D19,
        D20,
        D21,
        D22,
        D23,
        D24,
        D25
    }

    @EventType("chosen")
    record Chosen(Many first, Optional<Extra> then) implements Event {}

    @Test
    void a_place_with_many_ways_leaves_room_for_the_others() throws IOException {
        file = folder.resolve("chosen.json");
        accept(Chosen.class);

        assertThat(Files.readString(file)).contains("\"then\" : \"MEAL\"", "\"then\" : \"WINDOW\"", "\"then\" : null");
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

    private void accept(List<Upcaster> upcasters, Class<?>... classes) {
        updating(() -> compare(upcasters, classes));
    }

    private void compare(Class<?>... classes) {
        compare(List.of(), classes);
    }

    /** As the comparison of a package does, which is given no upcasters. */
    private void compareNewOnly(Class<?>... classes) {
        compare(EventTypes.builder().forNewEventsOnly(), classes);
    }

    private void compare(List<Upcaster> upcasters, Class<?>... classes) {
        EventTypes.Builder builder = EventTypes.builder();
        upcasters.forEach(builder::upcaster);
        compare(builder, classes);
    }

    private void compare(EventTypes.Builder builder, Class<?>... classes) {
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
