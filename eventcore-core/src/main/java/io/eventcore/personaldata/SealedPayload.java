package io.eventcore.personaldata;

import io.eventcore.personaldata.PersonalDataException.Reason;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JsonNode;

/**
 * The stored form of an event with personal data: {@code {"$personal":{"v":1,"s":[[key, path, sealed], ..]},..}}, and behind it the event with
 * placeholders.
 */
final class SealedPayload {
    static final int NONCE_BYTES = 12;

    private static final byte[] BEGINNING = "{\"$personal\":".getBytes(StandardCharsets.UTF_8);
    private static final int VERSION = 1;
    private static final int TAG_BITS = 128;
    private static final byte[] DOMAIN = "eventcore.personal-data.1".getBytes(StandardCharsets.UTF_8);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final List<Sealed> values;

    /** The event with placeholders. */
    private final byte[] rest;

    private static final class Sealed {
        private final UUID key;
        private final String path;
        private final byte[] bytes;

        private Sealed(UUID key, String path, byte[] bytes) {
            this.key = key;
            this.path = path;
            this.bytes = bytes;
        }
    }

    private SealedPayload(List<Sealed> values, byte[] rest) {
        this.values = values;
        this.rest = rest;
    }

    static boolean isOne(byte[] payload) {
        return payload.length > BEGINNING.length
                && Arrays.equals(payload, 0, BEGINNING.length, BEGINNING, 0, BEGINNING.length);
    }

    /**
     * Seals values.
     *
     * @param rest the event with placeholders, a JSON object
     * @param keys of all subjects, none of them erased
     */
    static byte[] seal(byte[] rest, UUID eventId, List<PersonalValue> values, Map<String, SubjectKey> keys) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(rest.length + 128 * values.size());
        out.writeBytes(BEGINNING);
        try (JsonGenerator generator = PersonalJson.MAPPER.createGenerator(out)) {
            generator.writeStartObject();
            generator.writeNumberProperty("v", VERSION);
            generator.writeArrayPropertyStart("s");
            for (PersonalValue value : values) {
                SubjectKey key = keyOf(value, keys);
                byte[] context = context(eventId, key.id(), value.path(), values.size());
                generator.writeStartArray();
                generator.writeString(key.id().toString());
                generator.writeString(value.path());
                generator.writeString(Base64.getEncoder().encodeToString(seal(value.json(), key.bytes(), context)));
                generator.writeEndArray();
            }
            generator.writeEndArray();
            generator.writeEndObject();
        }
        boolean empty = rest.length == 2;
        if (!empty) {
            out.write(',');
        }
        out.write(rest, 1, rest.length - 1);
        return out.toByteArray();
    }

    private static SubjectKey keyOf(PersonalValue value, Map<String, SubjectKey> keys) {
        SubjectKey key = keys.get(value.subject());
        if (key == null) {
            throw new IllegalStateException("The key store has returned no key for a subject");
        }
        return key;
    }

    /** @throws PersonalDataException if the list of values was changed */
    static SealedPayload read(byte[] payload) {
        try (JsonParser parser = PersonalJson.MAPPER.createParser(payload)) {
            parser.nextToken();
            parser.nextToken();
            parser.nextToken();
            JsonNode list = PersonalJson.MAPPER.readTree(parser);
            int end = Math.toIntExact(parser.currentLocation().getByteOffset());
            if (list.path("v").asInt(0) != VERSION || end >= payload.length) {
                throw changed();
            }
            List<Sealed> values = new ArrayList<>();
            for (JsonNode value : list.path("s")) {
                values.add(new Sealed(
                        UUID.fromString(value.path(0).asString()),
                        value.path(1).asString(),
                        Base64.getDecoder().decode(value.path(2).asString())));
            }
            if (values.isEmpty()) {
                throw changed();
            }
            int from = payload[end] == ',' ? end + 1 : end;
            byte[] rest = new byte[payload.length - from + 1];
            rest[0] = '{';
            System.arraycopy(payload, from, rest, 1, payload.length - from);
            return new SealedPayload(values, rest);
        } catch (JacksonException | IllegalArgumentException | ArithmeticException e) {
            throw changed();
        }
    }

    private static PersonalDataException changed() {
        return new PersonalDataException(Reason.VALUE_CHANGED);
    }

    /** The event with placeholders. */
    byte[] rest() {
        return rest;
    }

    /** The ids of the keys. */
    Set<UUID> keys() {
        Set<UUID> keys = new LinkedHashSet<>();
        values.forEach(value -> keys.add(value.key));
        return keys;
    }

    /**
     * The event with its values; with placeholders for those of erased subjects.
     *
     * @throws PersonalDataException if a key is missing or a value was changed
     */
    byte[] open(UUID eventId, Map<UUID, SubjectKey> keys) {
        Map<String, byte[]> opened = new LinkedHashMap<>();
        for (Sealed value : values) {
            SubjectKey key = keys.get(value.key);
            if (key == null) {
                throw new PersonalDataException(Reason.KEY_LOST);
            }
            if (!key.isErased()) {
                byte[] json = open(value.bytes, key.bytes(), context(eventId, key.id(), value.path, values.size()));
                if (json == null || opened.put(value.path, json) != null) {
                    throw changed();
                }
            }
        }
        try {
            return PersonalJson.with(opened, rest);
        } catch (JacksonException | IllegalArgumentException e) {
            throw changed();
        }
    }

    /** What a value cannot be taken out of. */
    private static byte[] context(UUID eventId, UUID key, String path, int values) {
        byte[] place = path.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(DOMAIN.length + 4 * Long.BYTES + Integer.BYTES + place.length)
                .put(DOMAIN)
                .putLong(eventId.getMostSignificantBits())
                .putLong(eventId.getLeastSignificantBits())
                .putLong(key.getMostSignificantBits())
                .putLong(key.getLeastSignificantBits())
                .putInt(values)
                .put(place)
                .array();
    }

    /** A fresh nonce, followed by the AES-GCM encryption of a text. */
    static byte[] seal(byte[] text, byte[] key, byte[] context) {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, context);
            byte[] sealed = Arrays.copyOf(nonce, NONCE_BYTES + cipher.getOutputSize(text.length));
            cipher.doFinal(text, 0, text.length, sealed, NONCE_BYTES);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM does not work on this platform", e);
        }
    }

    /** Null if it was sealed with another key or context, or was changed. */
    static byte @Nullable [] open(byte[] sealed, byte[] key, byte[] context) {
        if (sealed.length < NONCE_BYTES + TAG_BITS / Byte.SIZE) {
            return null;
        }
        try {
            byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
            return cipher(Cipher.DECRYPT_MODE, key, nonce, context)
                    .doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
        } catch (AEADBadTagException e) {
            return null;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-GCM does not work on this platform", e);
        }
    }

    private static Cipher cipher(int mode, byte[] key, byte[] nonce, byte[] context) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(context);
        return cipher;
    }

    /** The ids of the keys of several payloads, of those that are sealed. */
    static Set<UUID> keysOf(Collection<byte[]> payloads) {
        Set<UUID> keys = new LinkedHashSet<>();
        for (byte[] payload : payloads) {
            if (isOne(payload)) {
                try {
                    keys.addAll(read(payload).keys());
                } catch (PersonalDataException changed) {
                    // The code that decodes it reports it, with its place.
                }
            }
        }
        return keys;
    }
}
