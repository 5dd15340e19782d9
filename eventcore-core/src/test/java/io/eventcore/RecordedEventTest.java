package io.eventcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.eventcore.BankEvent.Deposited;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RecordedEventTest {
    private static final StreamId ADA = StreamId.of("account-ada");
    private static final UUID ID = new UUID(1, 2);

    @Test
    void it_is_equal_to_one_that_says_the_same() {
        assertThat(deposited(5)).isEqualTo(deposited(5)).hasSameHashCodeAs(deposited(5));
        assertThat(deposited(5))
                .isNotEqualTo(deposited(6))
                .isNotEqualTo(deposited(5).withPart(1));
    }

    @Test
    void it_is_whole_unless_a_number_of_a_part_is_given() {
        assertThat(deposited(5).part()).isZero();
        assertThat(deposited(5).withPart(2).part()).isEqualTo(2);
        assertThat(deposited(5).deduplicationId())
                .isEqualTo(deposited(5).id().toString())
                .isNotEqualTo(deposited(5).withPart(2).deduplicationId());
        assertThat(deposited(5).withPart(Long.MAX_VALUE).deduplicationId())
                .isEqualTo(deposited(5).id() + "." + Long.MAX_VALUE)
                .hasSize(56);
        assertThat(deposited(5).withPart(2).withEvent(new Deposited(ADA, 7)))
                .isEqualTo(deposited(7).withPart(2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> deposited(5).withPart(-1))
                .withMessageContaining("-1");
    }

    @Test
    void its_text_names_the_place_and_the_part_and_not_the_payload() {
        assertThat(deposited(4711))
                .hasToString("deposited " + ID + " in stream 'account-ada' at version 3, position 9");
        assertThat(deposited(4711).withPart(1))
                .hasToString("deposited " + ID + " part 1 in stream 'account-ada' at version 3, position 9");
    }

    private static RecordedEvent<Deposited> deposited(long cents) {
        return RecordedEvent.of(
                new Deposited(ADA, cents),
                ID,
                ADA,
                StreamVersion.of(3),
                GlobalPosition.of(9),
                "deposited",
                EventMetadata.empty(),
                Instant.EPOCH);
    }
}
