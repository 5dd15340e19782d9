package io.eventcore.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.eventcore.StreamId;
import io.eventcore.StreamVersion;
import io.eventcore.command.BankEvent.Deposited;
import io.eventcore.memory.InMemoryEventStore;
import io.eventcore.memory.InMemoryExecutedCommands;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** No command passes for another one that was given its id. */
@SuppressWarnings("UnusedVariable") // Jackson reads the fields.
class CommandIdOfOtherCommandTest {
    private static final StreamId A = StreamId.of("a");
    private static final CommandContext WITH_ID = CommandContext.empty().withCommandId(CommandId.of("queue", "1"));

    private final InMemoryEventStore store =
            new InMemoryEventStore(new JacksonEventSerializer(EventTypes.of(Deposited.class, BankEvent.Linked.class)));
    private final CommandExecutor executor = executor(new InMemoryExecutedCommands());

    private CommandExecutor executor(ExecutedCommands executed) {
        return CommandExecutor.builder(store).executedCommands(executed).build();
    }

    /** Deposits a number of cents that each kind of command keeps in its own way. */
    interface Deposit extends Command<Integer, BankEvent> {
        long amount();

        @Override
        default Set<StreamId> streams() {
            return Set.of(A);
        }

        @Override
        default Integer initialState() {
            return 0;
        }

        @Override
        default Integer apply(Integer count, BankEvent event) {
            return count + 1;
        }

        @Override
        default List<BankEvent> handle(Integer count) {
            return List.of(new Deposited(A, amount()));
        }
    }

    static final class WithoutGetter implements Deposit {
        @JsonProperty
        private final StreamId account = A;

        private final long cents;

        WithoutGetter(long cents) {
            this.cents = cents;
        }

        @Override
        public long amount() {
            return cents;
        }
    }

    static class WithTransient implements Deposit {
        public final StreamId account = A;
        private final transient long cents;

        WithTransient(long cents) {
            this.cents = cents;
        }

        @Override
        public long amount() {
            return cents;
        }
    }

    static final class Inheriting extends WithTransient {
        public final String note = "";

        Inheriting(long cents) {
            super(cents);
        }
    }

    static final class WriteOnly implements Deposit {
        public final StreamId account = A;

        @JsonProperty(access = JsonProperty.Access.WRITE_ONLY)
        private final long cents;

        WriteOnly(long cents) {
            this.cents = cents;
        }

        @Override
        public long amount() {
            return cents;
        }
    }

    static final class Money {
        public final String currency = "EUR";
        private final long cents;

        Money(long cents) {
            this.cents = cents;
        }
    }

    record OfMoney(StreamId account, List<Money> parts) implements Deposit {
        @Override
        public long amount() {
            return parts.get(0).cents;
        }
    }

    private static Deposit capturing(long cents) {
        return new Deposit() {
            @JsonProperty
            private final StreamId account = A;

            @Override
            public long amount() {
                return cents;
            }
        };
    }

    @Test
    void a_field_that_the_json_does_not_show_is_refused_with_its_class_and_what_to_do() {
        assertRefused(() -> new WithoutGetter(100), WithoutGetter.class, "cents");
        assertRefused(() -> new WithTransient(100), WithTransient.class, "cents");
        assertRefused(() -> new Inheriting(100), WithTransient.class, "cents");
        assertRefused(() -> new WriteOnly(100), WriteOnly.class, "cents");
        assertRefused(() -> new OfMoney(A, List.of(new Money(100))), Money.class, "cents");

        assertThat(executor.execute(new WithoutGetter(100)).version(A))
                .as("without an id nothing is compared")
                .isEqualTo(StreamVersion.of(1));
    }

    private void assertRefused(Supplier<Deposit> command, Class<?> owner, String field) {
        Deposit refused = command.get();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> executor.execute(refused, WITH_ID))
                .withMessageStartingWith(refused.getClass().getName())
                .withMessageContaining(owner.getName() + "." + field)
                .withMessageContaining("@JsonIgnore");
        assertThat(store.streamVersion(A)).isEqualTo(StreamVersion.NONE);
    }

    @Test
    void what_a_class_captures_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> executor.execute(capturing(100), WITH_ID))
                .withMessageContaining("captures")
                .withMessageContaining("cents");
    }

    static final class Shown implements Deposit {
        public final StreamId account = A;
        private final long cents;
        private final boolean isGift;

        @JsonProperty("remark")
        private final String note = "";

        @JsonIgnore
        private final transient Object cache = new Object();

        private final Object lock = new Object();

        Shown(long cents) {
            this.cents = cents;
            this.isGift = cents > 0;
        }

        public long getCents() {
            return cents;
        }

        public boolean isGift() {
            return isGift;
        }

        @JsonIgnore
        public Object getLock() {
            return lock;
        }

        @Override
        public long amount() {
            return cents;
        }
    }

    @JsonIgnoreProperties("receivedAt")
    record WithoutTime(
            StreamId account, long cents, @JsonIgnore String trace, long receivedAt) implements Deposit {
        @Override
        public long amount() {
            return cents;
        }
    }

    @Test
    void what_is_shown_by_a_getter_or_left_out_by_an_annotation_is_accepted() {
        assertRecognised(new Shown(100), new Shown(100), new Shown(200), "1");
        assertRecognised(
                new WithoutTime(A, 100, "x", 1), new WithoutTime(A, 100, "y", 2), new WithoutTime(A, 200, "x", 1), "2");
    }

    private void assertRecognised(Deposit first, Deposit repetition, Deposit other, String id) {
        CommandContext context = CommandContext.empty().withCommandId(CommandId.of("queue", id));
        ExecutionResult result = executor.execute(first, context);

        assertThat(executor.execute(repetition, context)).isEqualTo(result);
        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> executor.execute(other, context))
                .withMessageContaining(other.getClass().getName());
    }

    record Elsewhere() {
        record Pay(StreamId account, long cents) implements Deposit {
            @Override
            public long amount() {
                return cents;
            }
        }
    }

    record Pay(StreamId account, long cents) implements Deposit {
        @Override
        public long amount() {
            return -cents;
        }
    }

    @Test
    void two_classes_of_one_simple_name_are_two_commands() {
        executor.execute(new Pay(A, 100), WITH_ID);

        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> executor.execute(new Elsewhere.Pay(A, 100), WITH_ID));
    }

    interface Means {}

    record Card(String number) implements Means {}

    record Account(String number) implements Means {}

    record By(Means means) implements Deposit {
        @Override
        public long amount() {
            return 1;
        }
    }

    @Test
    void two_classes_that_stand_for_one_another_are_told_apart() {
        executor.execute(new By(new Card("7")), WITH_ID);

        assertThat(executor.execute(new By(new Card("7")), WITH_ID).slice().events())
                .hasSize(1);
        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> executor.execute(new By(new Account("7")), WITH_ID));
    }

    record Paid(String number) {}

    record Due(String number) {}

    record Settle(Object what, Map<Object, String> notes) implements Deposit {
        @Override
        public long amount() {
            return 1;
        }
    }

    @Test
    void two_values_in_a_place_where_anything_may_stand_are_told_apart() {
        assertRecognised(
                new Settle(new Paid("7"), Map.of()),
                new Settle(new Paid("7"), Map.of()),
                new Settle(new Due("7"), Map.of()),
                "1");
        assertRecognised(
                new Settle("x", Map.of(new Paid("7"), "a", new Due("8"), "b")),
                new Settle("x", Map.of(new Due("8"), "b", new Paid("7"), "a")),
                new Settle("x", Map.of(new Due("7"), "a", new Paid("8"), "b")),
                "2");
    }

    @Test
    void an_id_that_an_earlier_version_stored_keeps_standing_for_its_command() throws Exception {
        ExecutionResult earlier = executor.execute(new Pay(A, 100));
        String stored = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256")
                        .digest("Pay\0{\"account\":\"a\",\"cents\":100}".getBytes(StandardCharsets.UTF_8)));
        CommandExecutor later = executor(new ExecutedCommands() {
            @Override
            public Optional<ExecutedCommand> find(CommandId id) {
                return Optional.of(new ExecutedCommand(stored, earlier));
            }

            @Override
            public ExecutedCommand executeOnce(CommandId id, String fingerprint, Supplier<ExecutionResult> execution) {
                throw new AssertionError("executed twice");
            }
        });

        assertThat(later.execute(new Pay(A, 100), WITH_ID)).isEqualTo(earlier);
        assertThatExceptionOfType(CommandIdReusedException.class)
                .isThrownBy(() -> later.execute(new Pay(A, 200), WITH_ID));
    }
}
