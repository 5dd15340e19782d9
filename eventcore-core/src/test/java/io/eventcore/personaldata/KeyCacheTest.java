package io.eventcore.personaldata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventcore.EventStoreUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class KeyCacheTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final Store store = new Store();
    private final KeyCache cache = new KeyCache(store, Duration.ofNanos(100), 3, now::get);

    /** Keys that are made up when they are asked for. */
    private static final class Store implements SubjectKeyStore {
        private final AtomicInteger asked = new AtomicInteger();
        private Runnable meanwhile = () -> {};
        private boolean erased;

        @Override
        public Map<String, SubjectKey> keysOf(Collection<String> subjects) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<UUID, SubjectKey> find(Collection<UUID> ids) {
            asked.incrementAndGet();
            Map<UUID, SubjectKey> keys = new HashMap<>();
            for (UUID id : ids) {
                String hash = SubjectKeyStore.hash(id.toString());
                keys.put(id, erased ? SubjectKey.erased(id, hash) : SubjectKey.of(id, hash, new byte[32]));
            }
            meanwhile.run();
            return keys;
        }

        @Override
        public void erase(String subject, Consumer<Erasure> alongside) {
            throw new UnsupportedOperationException();
        }
    }

    private static UUID key(int number) {
        return new UUID(0, number);
    }

    private boolean isErased(int number) {
        return Objects.requireNonNull(cache.find(List.of(key(number))).get(key(number)))
                .isErased();
    }

    @Test
    void a_key_lives_for_its_time_counted_from_before_the_store_was_asked() {
        store.meanwhile = () -> now.addAndGet(40);
        cache.find(List.of(key(1)));
        store.erased = true;
        now.addAndGet(59);
        assertThat(isErased(1)).isFalse();

        now.addAndGet(1);

        assertThat(isErased(1)).isTrue();
        assertThat(store.asked).hasValue(2);
    }

    @Test
    void a_store_that_throws_anything_is_one_that_does_not_answer() {
        for (Supplier<Throwable> thrown : List.<Supplier<Throwable>>of(
                () -> new IllegalStateException("canary"),
                () -> new NoClassDefFoundError("canary"),
                () -> new Exception("canary"))) {
            store.meanwhile = () -> KeyCacheTest.<RuntimeException>sneakily(thrown.get());

            assertThatThrownBy(() -> cache.find(List.of(key(1))))
                    .isInstanceOf(EventStoreUnavailableException.class)
                    .hasMessageContaining(thrown.get().getClass().getName())
                    .hasMessageNotContaining("canary")
                    .cause()
                    .hasMessageNotContaining("canary");
        }
        store.meanwhile = () -> {
            throw PersonalDataException.keyChanged();
        };
        assertThatThrownBy(() -> cache.find(List.of(key(1)))).isInstanceOf(PersonalDataException.class);
        store.meanwhile = () -> {
            throw new OutOfMemoryError("for this test");
        };
        assertThatThrownBy(() -> cache.find(List.of(key(1)))).isInstanceOf(OutOfMemoryError.class);
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneakily(Throwable thrown) throws T {
        throw (T) thrown;
    }

    @Test
    void it_keeps_no_more_keys_than_it_may_and_none_that_has_had_its_time() {
        for (int i = 0; i < 10; i++) {
            cache.find(List.of(key(i)));
            assertThat(cache.size()).isLessThanOrEqualTo(3);
        }
        assertThat(cache.find(List.of(key(9), key(8), key(7)))).hasSize(3);
        assertThat(store.asked).hasValue(10);
        now.addAndGet(100);

        cache.find(List.of(key(20)));

        assertThat(cache.size()).isEqualTo(1);
        cache.find(List.of(key(30), key(31), key(32), key(33), key(34)));
        assertThat(cache.size()).isEqualTo(3);
    }

    @Test
    void a_key_that_was_forgotten_while_it_was_fetched_is_not_kept() {
        String subject = key(1).toString();
        store.meanwhile = () -> cache.forget(SubjectKeyStore.hash(subject));

        cache.find(List.of(key(1)));

        assertThat(cache.size()).isZero();
        store.meanwhile = () -> {};
        cache.find(List.of(key(1), key(2)));
        cache.forget(SubjectKeyStore.hash(subject));
        assertThat(cache.size()).isEqualTo(1);
    }
}
