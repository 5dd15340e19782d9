package io.eventcore.serialization;

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
    List<Upcaster.Part> upcast(OldEvent event) {
        List<Upcaster.Part> parts = new ArrayList<>(1);
        upcast(event, parts);
        return parts;
    }

    private void upcast(OldEvent event, List<Upcaster.Part> ended) {
        for (Upcaster.Part part : step(event)) {
            if (changes(part.typeName())) {
                upcast(event.as(part), ended);
            } else {
                ended.add(part);
            }
        }
    }

    private List<Upcaster.Part> step(OldEvent event) {
        Upcaster upcaster = byName.get(event.typeName());
        if (upcaster == null) {
            throw new IllegalArgumentException("no upcaster begins at '" + event.typeName() + "'");
        }
        try {
            return upcaster.apply(event);
        } catch (Upcaster.MistakeException mistake) {
            throw new IllegalStateException("the upcaster " + upcaster + ": " + mistake.getMessage(), mistake);
        } catch (RuntimeException e) {
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
