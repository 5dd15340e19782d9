package io.eventcore.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.eventcore.Boundary;
import io.eventcore.EventQuery;
import io.eventcore.EventTag;
import io.eventcore.StoredMatches;
import io.eventcore.StreamId;
import io.eventcore.TagsIncompleteException;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.internal.EventDecoder;
import io.eventcore.test.contract.LedgerEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PostgreSqlTagHeadsTest extends TagHeadsContract {
    private static final Duration ENDLESS = Duration.ofHours(1);

    /** What is sent before others wait to share. */
    private static final int AT_ONCE = Engine.POSTGRESQL
            .streams(new TableNames("", TableNames.DEFAULT_PREFIX))
            .readsBeforeSharing();

    @Override
    TestDatabase database() {
        return PostgreSqlDatabase.INSTANCE;
    }

    /** One is refused, one reads after a boundary, one a tag that nobody has used: each is told what it would be told alone. */
    @Test
    @Timeout(60)
    void reads_that_wait_share_one_statement_that_begins_after_all_have_asked() throws Exception {
        TagReads reads = reads();
        for (int i = 0; i < 16; i++) {
            append(event(StreamId.of("home-" + i), of(i), ADA));
        }
        Boundary first =
                read(reads, EventQuery.tagged(of(12)), Optional.empty()).boundary();
        owner().update(named("INSERT INTO eventcore_tag_name (name, complete) VALUES ('filling', FALSE)"));
        AtomicInteger statements = new AtomicInteger();
        CountDownLatch held = new CountDownLatch(AT_ONCE);
        CountDownLatch firstReleased = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        watched.beforeEach(sql -> {
            int number = statements.incrementAndGet();
            held.countDown();
            if (number <= AT_ONCE) {
                awaitUninterruptibly(number == 1 ? firstReleased : released);
            }
        });
        int before = watched.sent().size();
        List<Read> all = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            all.add(new Read(reads, EventQuery.tagged(of(i)), Optional.empty()));
        }
        assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();
        for (int i = AT_ONCE; i < 12; i++) {
            all.add(new Read(reads, EventQuery.tagged(of(i)), Optional.empty()));
        }
        all.add(new Read(reads, EventQuery.tagged(of(12)), Optional.of(first)));
        Read ofNothing = new Read(reads, EventQuery.tagged(NEVER_USED), Optional.empty());
        Read ofTwo = new Read(reads, EventQuery.tagged(of(13)).or(EventQuery.tagged(of(14))), Optional.empty());
        Read refused =
                new Read(reads, EventQuery.tagged(of(15)).or(EventQuery.tagged("filling", "x")), Optional.empty());
        for (Read read : all.subList(AT_ONCE, all.size())) {
            read.awaitWaiting();
        }
        List.of(ofNothing, ofTwo, refused).forEach(Read::awaitWaiting);
        append(event(HOME, of(11)), event(HOME, of(12)), event(HOME, of(13)));

        firstReleased.countDown();

        for (int i = AT_ONCE; i < 11; i++) {
            all.get(i).assertFinds("home-" + i);
        }
        all.get(11).assertFinds("home-11", "home");
        all.get(12).assertFinds("home");
        ofNothing.assertFinds();
        ofTwo.assertFinds("home-13", "home-14", "home");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(refused.result::get)
                .withCauseInstanceOf(TagsIncompleteException.class);
        assertThat(watched.sent().size() - before).isEqualTo(AT_ONCE + 1);
        released.countDown();
        for (int i = 0; i < AT_ONCE; i++) {
            all.get(i).assertFinds("home-" + i);
        }
    }

    @Test
    void a_read_that_takes_long_to_be_taken_along_is_sent_by_itself() throws Exception {
        append(event(HOME, ADA));
        JdbcDatabase opened = TestDatabase.jdbc(watched, prefix);
        TagReads reads = reads(opened, Duration.ZERO);
        read(reads, EventQuery.tagged(ADA), Optional.empty());
        CountDownLatch held = new CountDownLatch(AT_ONCE);
        CountDownLatch released = new CountDownLatch(1);
        watched.beforeEach(sql -> {
            if (held.getCount() > 0) {
                held.countDown();
                awaitUninterruptibly(released);
            }
        });
        List<Read> all = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            all.add(new Read(reads, EventQuery.tagged(ADA), Optional.empty()));
        }
        assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();

        assertThat(read(reads, EventQuery.tagged(ADA), Optional.empty()).events())
                .hasSize(1);

        released.countDown();
        for (Read read : all) {
            read.assertFinds("home");
        }
    }

    private TagReads reads() throws Exception {
        JdbcDatabase opened = TestDatabase.jdbc(watched, prefix);
        TagReads reads = reads(opened, ENDLESS);
        read(reads, EventQuery.tagged(NEVER_USED), Optional.empty());
        return reads;
    }

    private static TagReads reads(JdbcDatabase opened, Duration patience) {
        return new TagReads(
                opened.dialect(),
                opened.connections(),
                new Payloads(opened.dialect(), 1_000_000),
                new TagTables(opened.dialect(), true),
                true,
                patience);
    }

    private static EventTag of(int number) {
        return EventTag.of("number", "n" + number);
    }

    private static StoredMatches read(TagReads reads, EventQuery query, Optional<Boundary> after) throws Exception {
        return reads.read(query, after, new EventDecoder(new JacksonEventSerializer(LedgerEvent.types())));
    }

    /** One read on a thread of its own. */
    private static final class Read {
        private final FutureTask<StoredMatches> result;
        private final Thread thread;

        private Read(TagReads reads, EventQuery query, Optional<Boundary> after) {
            this.result = new FutureTask<>(() -> read(reads, query, after));
            this.thread = new Thread(result);
            this.thread.start();
        }

        /** Only who waits to be taken along waits for a time. */
        void awaitWaiting() {
            while (thread.getState() != Thread.State.TIMED_WAITING) {
                assertThat(result).as("the read is to wait").isNotDone();
                Thread.onSpinWait();
            }
        }

        void assertFinds(String... homes) throws Exception {
            assertThat(result.get(60, TimeUnit.SECONDS).events())
                    .extracting(event -> event.streamId().value())
                    .containsExactly(homes);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
