package io.eventcore.serialization;

import io.eventcore.internal.OwnThreads;
import io.eventcore.internal.RedactedException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All upcasters of an application, composed: which stored names they change, and what becomes of an event on its way
 * through them. {@link UpcastingCheck} has found that every way ends at a class. Immutable, safe for any number of threads.
 */
final class Upcasting {
    private final Map<String, Upcaster> byName;

    /** @param byName each by the stored name that it begins with */
    Upcasting(Map<String, Upcaster> byName) {
        this.byName = Map.copyOf(byName);
    }

    /** Whether what is stored under this name is not read as it is. */
    boolean changes(String storedName) {
        return byName.containsKey(storedName);
    }

    /** The upcasters, in no order. */
    Collection<Upcaster> all() {
        return byName.values();
    }

    /** The names given, and all from which an upcaster may lead to one of them. */
    Set<String> leadingTo(Set<String> names) {
        Set<String> leading = new LinkedHashSet<>(names);
        boolean more = true;
        while (more) {
            more = false;
            for (Upcaster upcaster : byName.values()) {
                if (upcaster.to().stream().anyMatch(leading::contains)) {
                    more |= leading.add(upcaster.from());
                }
            }
        }
        return leading;
    }

    /**
     * What becomes of an event: the payloads of today's events, in order.
     *
     * @throws RuntimeException if an upcaster fails; names it and quotes nothing
     */
    List<Numbered> upcast(OldEvent event) {
        List<Numbered> parts = new ArrayList<>(1);
        upcast(event, PartNumber.WHOLE, parts);
        return parts;
    }

    private void upcast(OldEvent event, PartNumber number, List<Numbered> ended) {
        for (Numbered made : step(event, number)) {
            if (changes(made.part().typeName())) {
                upcast(event.as(made.part()), made.number(), ended);
            } else {
                ended.add(made);
            }
        }
    }

    /** A part, and which one it is. */
    record Numbered(PartNumber number, Upcaster.Part part) {}

    private List<Numbered> step(OldEvent event, PartNumber number) {
        Upcaster upcaster = byName.get(event.typeName());
        if (upcaster == null) {
            throw new IllegalArgumentException("no upcaster begins at '" + event.typeName() + "'");
        }
        try {
            List<Upcaster.Part> parts = upcaster.apply(event);
            List<Numbered> numbered = new ArrayList<>(parts.size());
            for (int i = 0; i < parts.size(); i++) {
                numbered.add(new Numbered(upcaster.number(parts, i, number), parts.get(i)));
            }
            return numbered;
        } catch (Upcaster.MistakeException mistake) {
            throw new IllegalStateException("the upcaster " + upcaster + ": " + mistake.getMessage(), mistake);
        } catch (Throwable e) {
            // Also a checked exception: Kotlin, and Java that evades the compiler, throw those from any function.
            if (e instanceof Error error && OwnThreads.isTroubleOfTheProcess(error)) {
                throw error;
            }
            throw RedactedException.of(e, "the upcaster " + upcaster);
        }
    }

    /** A short text that is another one if other upcasters, or others, are there; empty if there are none. */
    String key() {
        if (byName.isEmpty()) {
            return "";
        }
        Map<String, Set<String>> steps = new TreeMap<>();
        byName.forEach((from, upcaster) -> steps.put(from, new TreeSet<>(upcaster.to())));
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(steps.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
