package io.eventcore.sample.bank;

import io.eventcore.RecordedEvent;
import io.eventcore.reaction.Reaction;
import io.eventcore.sample.bank.BankEvent.OfferAccepted;
import io.eventcore.sample.bank.BankEvent.OfferReturned;
import io.eventcore.sample.bank.BankEvent.TransferOffered;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What happens to offers that are not accepted in time. */
@Configuration(proxyBeanMethods = false)
class Offers {
    // tag::offers[]
    @Bean
    Reaction<BankEvent> returnUnacceptedOffers() {
        return Reaction.named("return-unaccepted-offers", BankEvent.class)
                .on(TransferOffered.class)
                .at(event -> event.event().acceptBy())
                .unless(OfferAccepted.class, OfferReturned.class)
                .correlatedBy(Offers::offer)
                .execute(
                        event -> new ReturnOffer(event.streamId(), event.event().offer()))
                .build();
    }

    /** An account may have made several offers. */
    private static String offer(RecordedEvent<BankEvent> event) {
        if (event.event() instanceof TransferOffered offered) {
            return offered.offer().toString();
        }
        return event.event() instanceof OfferAccepted accepted
                ? accepted.offer().toString()
                : ((OfferReturned) event.event()).offer().toString();
    }
    // end::offers[]
}
