package io.eventcore.personaldata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SealedPayloadTest {
    @Test
    void a_nonce_never_repeats_over_a_million_values() {
        byte[] key = new byte[SubjectKey.BYTES];
        byte[] text = "\"x\"".getBytes(StandardCharsets.UTF_8);
        Set<ByteBuffer> nonces = new HashSet<>(1 << 21);

        for (int i = 0; i < 1_000_000; i++) {
            byte[] sealed = SealedPayload.seal(text, key, new byte[0]);
            nonces.add(ByteBuffer.wrap(sealed, 0, SealedPayload.NONCE_BYTES).slice());
        }

        assertThat(nonces.size()).isEqualTo(1_000_000);
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
