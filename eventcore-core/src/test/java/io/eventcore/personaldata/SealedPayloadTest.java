package io.eventcore.personaldata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SealedPayloadTest {
    @Test
    void a_nonce_never_repeats() {
        assertThatNoNonceRepeatsOver(50_000);
    }

    /** With the optimizing compiler, which knows the instructions for this cipher. */
    @Test
    @Tag("faults")
    void a_nonce_never_repeats_over_a_million_values() {
        assertThatNoNonceRepeatsOver(1_000_000);
    }

    private static void assertThatNoNonceRepeatsOver(int values) {
        byte[] key = new byte[SubjectKey.BYTES];
        byte[] text = "\"x\"".getBytes(StandardCharsets.UTF_8);
        Set<ByteBuffer> nonces = new HashSet<>(2 * values);

        for (int i = 0; i < values; i++) {
            byte[] sealed = SealedPayload.seal(text, key, new byte[0]);
            nonces.add(ByteBuffer.wrap(sealed, 0, SealedPayload.NONCE_BYTES).slice());
        }

        assertThat(nonces.size()).isEqualTo(values);
    }

    @Test
    void what_is_sealed_opens_with_its_key_and_context_only() {
        byte[] key = new byte[SubjectKey.BYTES];
        byte[] otherKey = new byte[SubjectKey.BYTES];
        otherKey[0] = 1;
        byte[] text = "text".getBytes(StandardCharsets.UTF_8);
        byte[] sealed = SealedPayload.seal(text, key, new byte[] {1});

        assertThat(SealedPayload.open(sealed, key, new byte[] {1})).isEqualTo(text);
        assertThat(SealedPayload.open(sealed, key, new byte[] {2})).isNull();
        assertThat(SealedPayload.open(sealed, key, new byte[0])).isNull();
        assertThat(SealedPayload.open(sealed, otherKey, new byte[] {1})).isNull();
        assertThat(SealedPayload.open(new byte[5], key, new byte[] {1})).isNull();
    }
}
