package io.eventcore.sample.bank;

import io.eventcore.RecordedEvent;
import io.eventcore.StreamId;
import io.eventcore.projection.Projection;
import io.eventcore.sample.bank.BankEvent.OfferAccepted;
import io.eventcore.sample.bank.BankEvent.OfferReturned;
import io.eventcore.sample.bank.BankEvent.TransferOffered;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What is on offer: a row comes with an offer, and goes when it is accepted or comes back. */
@Component
class OpenOffers implements Projection<BankEvent> {
    static final String NAME = "open-offers";

    private final JdbcClient jdbc;

    OpenOffers(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Class<BankEvent> eventType() {
        return BankEvent.class;
    }

    @Override
    public void apply(RecordedEvent<BankEvent> event) {
        if (event.event() instanceof TransferOffered offered) {
            jdbc.sql("INSERT INTO open_offer (offer, account, recipient, cents, accept_by) VALUES (?, ?, ?, ?, ?)")
                    .params(
                            offered.offer().toString(),
                            offered.account().value(),
                            offered.to().value(),
                            offered.cents(),
                            offered.acceptBy().atOffset(ZoneOffset.UTC))
                    .update();
        } else if (event.event() instanceof OfferAccepted accepted) {
            remove(accepted.offer());
        } else if (event.event() instanceof OfferReturned returned) {
            remove(returned.offer());
        }
    }

    private void remove(UUID offer) {
        jdbc.sql("DELETE FROM open_offer WHERE offer = ?")
                .param(offer.toString())
                .update();
    }

    @Override
    public void clear() {
        jdbc.sql("DELETE FROM open_offer").update();
    }

    /** Those that come back first, first. */
    List<OpenOffer> next(int limit) {
        return jdbc.sql("SELECT offer, account, recipient, cents, accept_by FROM open_offer"
                        + " ORDER BY accept_by, offer LIMIT ?")
                .param(limit)
                .query((row, number) -> new OpenOffer(
                        UUID.fromString(row.getString(1)),
                        StreamId.of(row.getString(2)),
                        StreamId.of(row.getString(3)),
                        row.getLong(4),
                        row.getObject(5, OffsetDateTime.class).toInstant()))
                .list();
    }

    /** Money that waits to be accepted. */
    record OpenOffer(UUID offer, StreamId from, StreamId to, long cents, Instant acceptBy) {}
}
