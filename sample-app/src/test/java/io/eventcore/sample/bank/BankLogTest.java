package io.eventcore.sample.bank;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventcore.sample.bank.BankLog.Entry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The auditor must find what is wrong, or its silence about the bank means nothing. */
class BankLogTest {
    private static final List<Entry> SOUND = List.of(
            opened("a", 1, 1),
            opened("b", 1, 2),
            new Entry("a", "bank.money-deposited", 2, 3, 100, ""),
            sent("a", 3, 5, 60, "b"),
            received("b", 2, 6, 60, "a"),
            new Entry("b", "bank.money-withdrawn", 3, 9, 10, ""));

    @Test
    void a_sound_history_has_no_fault() {
        BankLog log = BankLog.ofEntries(SOUND);

        assertThat(log.faults()).isEmpty();
        assertThat(log.transfers()).isEqualTo(1);
        assertThat(log.balances()).containsEntry("a", 40L).containsEntry("b", 50L);
        assertThat(log.holds("a", 3, "bank.transfer-sent", 60)).isTrue();
        assertThat(log.holds("a", 3, "bank.transfer-sent", 61)).isFalse();
        assertThat(log.holds("a", 4, "bank.transfer-sent", 60)).isFalse();
    }

    @Test
    void a_lost_half_of_a_transfer_is_found() {
        assertThat(faultsWithout(4)).anyMatch(fault -> fault.contains("never arrived"));
        assertThat(faultsWithout(3)).anyMatch(fault -> fault.contains("arrived before it was sent"));
    }

    @Test
    void money_that_grows_on_its_way_is_found() {
        assertThat(faultsWith(4, received("b", 2, 6, 61, "a"))).anyMatch(fault -> fault.contains("before it was sent"));
    }

    @Test
    void money_that_arrives_twice_is_found() {
        List<Entry> twice = new ArrayList<>(SOUND);
        twice.add(received("b", 4, 10, 60, "a"));

        assertThat(BankLog.ofEntries(twice).faults()).anyMatch(fault -> fault.contains("before it was sent"));
    }

    @Test
    void an_overdrawn_account_is_found_even_if_it_recovers() {
        List<Entry> overdrawn = new ArrayList<>(SOUND);
        overdrawn.add(new Entry("a", "bank.money-withdrawn", 4, 10, 41, ""));
        overdrawn.add(new Entry("a", "bank.money-deposited", 5, 11, 41, ""));

        assertThat(BankLog.ofEntries(overdrawn).faults()).containsExactly("a is overdrawn at position 10");
    }

    @Test
    void a_hole_and_a_repetition_in_a_stream_are_found() {
        assertThat(faultsWith(5, new Entry("b", "bank.money-withdrawn", 4, 9, 10, "")))
                .containsExactly("b has version 4 in place of 3");
        assertThat(faultsWith(5, new Entry("b", "bank.money-withdrawn", 2, 9, 10, "")))
                .containsExactly("b has version 2 in place of 3");
    }

    @Test
    void positions_that_do_not_grow_are_found() {
        assertThat(faultsWith(5, new Entry("b", "bank.money-withdrawn", 3, 6, 10, "")))
                .containsExactly("position 6 follows 6");
    }

    @Test
    void an_account_that_is_opened_twice_or_never_is_found() {
        assertThat(faultsWith(5, opened("b", 3, 9))).containsExactly("b has bank.account-opened at version 3");
        assertThat(faultsWithout(1)).anyMatch(fault -> fault.equals("b has bank.transfer-received at version 1"));
    }

    private static List<String> faultsWithout(int index) {
        List<Entry> broken = new ArrayList<>(SOUND);
        broken.remove(index);
        return BankLog.ofEntries(broken).faults();
    }

    private static List<String> faultsWith(int index, Entry entry) {
        List<Entry> broken = new ArrayList<>(SOUND);
        broken.set(index, entry);
        return BankLog.ofEntries(broken).faults();
    }

    private static Entry opened(String account, long version, long position) {
        return new Entry(account, "bank.account-opened", version, position, 0, "");
    }

    private static Entry sent(String account, long version, long position, long cents, String to) {
        return new Entry(account, "bank.transfer-sent", version, position, cents, to);
    }

    private static Entry received(String account, long version, long position, long cents, String from) {
        return new Entry(account, "bank.transfer-received", version, position, cents, from);
    }
}
