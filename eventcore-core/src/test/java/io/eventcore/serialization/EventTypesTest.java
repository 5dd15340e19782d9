package io.eventcore.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.Event;
import io.eventcore.EventType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTypesTest {
    sealed interface BankEvent extends Event {
        @EventType("bank.opened")
        record Opened(String owner) implements BankEvent {}

        @EventType(
                value = "bank.deposited",
                aliases = {"bank.paid-in", "bank.credited"})
        record Deposited(long cents) implements BankEvent {}
    }

    sealed interface Nested extends BankEvent {}

    @EventType("deep-down")
    record DeepDown(int depth) implements Nested {}

    abstract static sealed class Base implements BankEvent {}

    @EventType("leaf")
    static final class Leaf extends Base {}

    @EventType("open")
    static non-sealed class Open extends Base {}

    record Unnamed(String text) implements Event {}

    @EventType("bank.opened")
    record Impostor(String text) implements Event {}

    @EventType(value = "bank.other", aliases = "bank.paid-in")
    record ImpostorByAlias(String text) implements Event {}

    interface NotSealed extends Event {}

    @EventType("")
    record Nameless() implements Event {}

    @Test
    void a_name_is_what_the_annotation_says() {
        EventTypes types = EventTypes.of(BankEvent.Opened.class);

        assertThat(types.nameOf(BankEvent.Opened.class)).isEqualTo("bank.opened");
        assertThat(types.classOf("bank.opened")).contains(BankEvent.Opened.class);
    }

    sealed interface UnnamedEvents extends Event {
        record MoneyPaidIn(long cents) implements UnnamedEvents {}

        record SEPATransferBooked(long cents) implements UnnamedEvents {}
    }

    @Test
    void without_an_annotation_a_class_is_refused_with_the_line_to_add() {
        assertThatExceptionOfType(MissingEventTypeException.class)
                .isThrownBy(() -> EventTypes.of(UnnamedEvents.class, BankEvent.class, Unnamed.class))
                .withMessageContaining(
                        UnnamedEvents.MoneyPaidIn.class.getName() + ": @EventType(\"unnamed.money-paid-in\")")
                .withMessageContaining(UnnamedEvents.SEPATransferBooked.class.getName()
                        + ": @EventType(\"unnamed.sepa-transfer-booked\")")
                .satisfies(refusal -> assertThat(refusal.types())
                        .containsExactly(
                                UnnamedEvents.MoneyPaidIn.class,
                                UnnamedEvents.SEPATransferBooked.class,
                                Unnamed.class));
    }

    @Test
    void a_class_of_its_own_is_named_after_its_package() {
        assertThat(MissingEventTypeException.lineFor(MoneyMoved.class))
                .isEqualTo("@EventType(\"serialization.money-moved\")");
    }

    @Test
    void a_prototype_may_derive_names_from_its_classes() {
        EventTypes types = EventTypes.builder()
                .register(Unnamed.class)
                .register(BankEvent.class)
                .deriveMissingNames()
                .build();

        assertThat(types.nameOf(Unnamed.class)).isEqualTo("Unnamed");
        assertThat(types.nameOf(BankEvent.Opened.class)).isEqualTo("bank.opened");
    }

    @Test
    void no_name_is_ever_that_of_a_package() {
        EventTypes types = EventTypes.builder()
                .register(BankEvent.class)
                .register(Unnamed.class, "note")
                .build();

        for (Class<? extends Event> type : types.types()) {
            assertThat(types.nameOf(type)).doesNotContain("io.eventcore").doesNotContain("$");
            assertThat(types.classOf(type.getName())).isEmpty();
        }
    }

    @Test
    void a_sealed_hierarchy_is_walked_to_its_leaves() {
        EventTypes types = EventTypes.of(BankEvent.class);

        assertThat(types.types())
                .containsExactlyInAnyOrder(
                        BankEvent.Opened.class, BankEvent.Deposited.class, DeepDown.class, Leaf.class, Open.class);
    }

    @Test
    void events_stored_under_an_old_name_are_still_known_and_never_written() {
        EventTypes types = EventTypes.of(BankEvent.class);

        assertThat(types.classOf("bank.paid-in")).contains(BankEvent.Deposited.class);
        assertThat(types.classOf("bank.credited")).contains(BankEvent.Deposited.class);
        assertThat(types.nameOf(BankEvent.Deposited.class)).isEqualTo("bank.deposited");
        assertThat(types.namesOf(BankEvent.Deposited.class))
                .containsExactlyInAnyOrder("bank.deposited", "bank.paid-in", "bank.credited");
    }

    @Test
    void the_names_of_an_interface_are_those_of_the_classes_below_it() {
        EventTypes types = EventTypes.builder()
                .register(BankEvent.class)
                .register(Unnamed.class, "note")
                .build();

        assertThat(types.namesOf(Nested.class)).containsExactly("deep-down");
        assertThat(types.namesOf(Event.class)).contains("bank.opened", "bank.paid-in", "deep-down", "note");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> types.namesOf(Impostor.class))
                .withMessageContaining("Impostor");
    }

    @Test
    void two_classes_of_one_name_are_refused_and_both_are_named() {
        assertThatExceptionOfType(DuplicateEventTypeException.class)
                .isThrownBy(() -> EventTypes.of(BankEvent.class, Impostor.class))
                .withMessage("Event type name 'bank.opened' is claimed by both %s and %s"
                        .formatted(BankEvent.Opened.class.getName(), Impostor.class.getName()))
                .satisfies(refusal -> {
                    assertThat(refusal.typeName()).isEqualTo("bank.opened");
                    assertThat(refusal.first()).isEqualTo(BankEvent.Opened.class);
                    assertThat(refusal.second()).isEqualTo(Impostor.class);
                });
    }

    @Test
    void an_alias_is_a_name_like_any_other() {
        assertThatExceptionOfType(DuplicateEventTypeException.class)
                .isThrownBy(() -> EventTypes.of(BankEvent.class, ImpostorByAlias.class))
                .satisfies(refusal -> assertThat(refusal.typeName()).isEqualTo("bank.paid-in"));
        assertThatExceptionOfType(DuplicateEventTypeException.class)
                .isThrownBy(() -> EventTypes.of(ImpostorByAlias.class, BankEvent.class));
    }

    @Test
    void registering_a_class_again_has_no_effect() {
        EventTypes types = EventTypes.of(BankEvent.class, BankEvent.Opened.class, BankEvent.class);

        assertThat(types.types()).hasSize(5);
    }

    @Test
    void a_class_that_cannot_be_annotated_gets_its_name_from_the_builder() {
        EventTypes types =
                EventTypes.builder().register(Unnamed.class, "note", "old-note").build();

        assertThat(types.nameOf(Unnamed.class)).isEqualTo("note");
        assertThat(types.classOf("old-note")).contains(Unnamed.class);
        assertThat(types.classOf("Unnamed")).isEmpty();
    }

    @Test
    void a_class_has_one_name() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        EventTypes.builder().register(BankEvent.Opened.class).register(BankEvent.Opened.class, "note"))
                .withMessageContaining("'bank.opened'")
                .withMessageContaining("'note'");
    }

    @Test
    void a_class_that_was_found_without_a_name_may_be_given_one() {
        EventTypes types = EventTypes.builder()
                .register(Unnamed.class)
                .register(Unnamed.class, "note")
                .build();

        assertThat(types.nameOf(Unnamed.class)).isEqualTo("note");
        assertThat(types.types()).containsExactly(Unnamed.class);
    }

    @Test
    void an_interface_that_is_not_sealed_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTypes.of(NotSealed.class))
                .withMessageContaining(NotSealed.class.getName())
                .withMessageContaining("seal it or register them");
    }

    @Test
    void a_class_that_is_not_registered_has_no_name() {
        EventTypes types = EventTypes.of(BankEvent.class);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> types.nameOf(Unnamed.class))
                .withMessageContaining(Unnamed.class.getName())
                .withMessageContaining("add its package io.eventcore.serialization to eventcore.event-packages");
        assertThat(types.classOf("Unnamed")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", " a", "a ", "a\u0000b", "a\nb", "a\uD83D"})
    void a_name_that_a_database_could_change_is_refused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTypes.builder().register(Unnamed.class, name))
                .withMessageContaining(Unnamed.class.getName());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTypes.builder().register(Unnamed.class, "good", name));
    }

    @Test
    void a_name_has_at_most_255_characters() {
        assertThat(EventTypes.builder()
                        .register(Unnamed.class, "n".repeat(255))
                        .build()
                        .types())
                .hasSize(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EventTypes.builder().register(Unnamed.class, "n".repeat(256)));
        assertThatIllegalArgumentException().isThrownBy(() -> EventTypes.of(Nameless.class));
    }

    @Test
    void what_is_built_does_not_change_with_the_builder() {
        EventTypes.Builder builder = EventTypes.builder().register(Nested.class);
        EventTypes types = builder.build();
        builder.register(BankEvent.class);

        assertThat(types.types()).containsExactly(DeepDown.class).isUnmodifiable();
        assertThat(EventTypes.of(List.of(Nested.class)).types()).isEqualTo(types.types());
    }
}
