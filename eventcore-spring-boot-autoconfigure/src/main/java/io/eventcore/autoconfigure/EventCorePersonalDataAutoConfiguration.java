package io.eventcore.autoconfigure;

import io.eventcore.EventStore;
import io.eventcore.autoconfigure.EventCoreProperties.PersonalData;
import io.eventcore.personaldata.PersonalDataEraser;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.personaldata.SubjectKeyStore;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the protection of personal data, if there is a store for the keys of persons.
 *
 * @since 0.1
 */
@AutoConfiguration(after = {EventCoreJdbcAutoConfiguration.class, EventCoreMemoryAutoConfiguration.class})
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@ConditionalOnBean(SubjectKeyStore.class)
public final class EventCorePersonalDataAutoConfiguration {
    EventCorePersonalDataAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    PersonalDataProtection personalDataProtection(EventCoreProperties properties, SubjectKeyStore keys) {
        PersonalData settings = properties.personalData();
        return protection(keys, settings, settings.maxKeys());
    }

    static PersonalDataProtection protection(SubjectKeyStore keys, PersonalData settings, int maxKeys) {
        return PersonalDataProtection.builder(keys)
                .keysLiveFor(settings.keysLiveFor())
                .maxKeys(maxKeys)
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    PersonalDataEraser personalDataEraser(EventStore events, PersonalDataProtection protection) {
        return PersonalDataEraser.of(events, protection);
    }
}
