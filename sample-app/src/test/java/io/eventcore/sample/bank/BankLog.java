package io.eventcore.sample.bank;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Checks the history of a bank, as an auditor would who has nothing but its log.
 *
 * <p>Knows the events by the names and fields they are shown with, not by the classes of the bank: what the bank folds
 * wrongly, the auditor must not fold wrongly too.
 */
final class BankLog {
    private final List<Entry> entries;

    private BankLog(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** An event of the log, without what an auditor does not need. */
    record Entry(String stream, String type, long version, long position, long cents, String other) {
        static Entry of(JsonNode event) {
            JsonNode data = event.get("data");
            return new Entry(
                    event.get("stream").asString(),
                    event.get("type").asString(),
                    event.get("version").asLong(),
                    event.get("position").asLong(),
                    data.has("cents") ? data.get("cents").asLong() : 0,
                    data.has("to")
                            ? data.get("to").asString()
                            : data.has("from") ? data.get("from").asString() : "");
        }

        long change() {
            return switch (type) {
                case "bank.account-opened" -> 0;
                case "bank.money-deposited", "bank.transfer-received" -> cents;
                case "bank.money-withdrawn", "bank.transfer-sent" -> -cents;
                default -> throw new IllegalArgumentException("Unknown event " + type);
            };
        }

        boolean isSent() {
            return type.equals("bank.transfer-sent");
        }

        private Optional<Transfer> transfer() {
            if (isSent()) {
                return Optional.of(new Transfer(stream, other, cents));
            }
            return type.equals("bank.transfer-received")
                    ? Optional.of(new Transfer(other, stream, cents))
                    : Optional.empty();
        }
    }

    static BankLog of(List<JsonNode> events) {
        return ofEntries(events.stream().map(Entry::of).toList());
    }

    static BankLog ofEntries(List<Entry> entries) {
        return new BankLog(entries);
    }

    /** How many transfers there are. */
    long transfers() {
        return entries.stream().filter(Entry::isSent).count();
    }

    /** Whether the log holds an event of this type and amount in this place. */
    boolean holds(String stream, long version, String type, long cents) {
        return entries.stream()
                .anyMatch(entry -> entry.stream().equals(stream)
                        && entry.version() == version
                        && entry.type().equals(type)
                        && entry.cents() == cents);
    }

    /** What every account holds in the end. */
    Map<String, Long> balances() {
        Map<String, Long> balances = new HashMap<>();
        entries.forEach(entry -> balances.merge(entry.stream(), entry.change(), Long::sum));
        return balances;
    }

    /**
     * What is wrong with the history; empty if nothing is.
     *
     * <p>No balance is negative after any event. Every cent sent arrives once, not before it was sent: so at every
     * point of the log the accounts and what is under way between them hold together what came in at the counter.
     */
    List<String> faults() {
        List<String> faults = new ArrayList<>();
        Map<String, Long> balances = new HashMap<>();
        Map<String, Long> versions = new HashMap<>();
        Map<Transfer, Long> underWay = new LinkedHashMap<>();
        long before = 0;
        for (Entry entry : entries) {
            if (entry.position() <= before) {
                faults.add("position %d follows %d".formatted(entry.position(), before));
            }
            before = entry.position();
            long version = versions.merge(entry.stream(), 1L, Long::sum);
            if (entry.version() != version) {
                faults.add("%s has version %d in place of %d".formatted(entry.stream(), entry.version(), version));
            }
            if (entry.type().equals("bank.account-opened") != (version == 1)) {
                faults.add("%s has %s at version %d".formatted(entry.stream(), entry.type(), version));
            }
            if (balances.merge(entry.stream(), entry.change(), Long::sum) < 0) {
                faults.add("%s is overdrawn at position %d".formatted(entry.stream(), entry.position()));
            }
            entry.transfer().ifPresent(transfer -> {
                if (underWay.merge(transfer, entry.isSent() ? 1L : -1L, Long::sum) < 0) {
                    faults.add("%s arrived before it was sent".formatted(transfer));
                }
            });
        }
        underWay.forEach((transfer, times) -> {
            if (times > 0) {
                faults.add("%s never arrived, %d times".formatted(transfer, times));
            }
        });
        return faults;
    }

    /** A transfer, by what both its events tell. */
    private record Transfer(String from, String to, long cents) {}
}
