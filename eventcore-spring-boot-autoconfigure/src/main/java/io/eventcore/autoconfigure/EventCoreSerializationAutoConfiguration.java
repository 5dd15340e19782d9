package io.eventcore.autoconfigure;

import io.eventcore.autoconfigure.EventCoreProperties.PersonalData;
import io.eventcore.autoconfigure.EventCoreProperties.Serialization;
import io.eventcore.internal.PersonalComponents;
import io.eventcore.personaldata.KeyWrapping;
import io.eventcore.personaldata.MasterKeys;
import io.eventcore.personaldata.PersonalDataProtection;
import io.eventcore.serialization.EventCoreJacksonModule;
import io.eventcore.serialization.EventSerializer;
import io.eventcore.serialization.EventTypes;
import io.eventcore.serialization.JacksonEventSerializer;
import io.eventcore.serialization.UnknownTypeListener;
import io.eventcore.serialization.Upcaster;
import java.util.Base64;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import tools.jackson.databind.json.JsonMapper;

/**
 * Auto-configuration of the stored form of events: names of the event classes found, and JSON that
 * belongs to the store.
 *
 * @since 0.1
 */
@AutoConfiguration(afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration")
@ConditionalOnBooleanProperty(name = "eventcore.enabled", matchIfMissing = true)
@EnableConfigurationProperties(EventCoreProperties.class)
public final class EventCoreSerializationAutoConfiguration {
    private static final String MAKE_KEY = "Create a key with 'openssl rand -base64 32', keep it with the secrets of"
            + " the application, and set eventcore.personal-data.master-key to an id of your choice, a colon and the"
            + " key:"
            + " 2026:${MASTER_KEY}. If the key is lost, the personal data can never be read again.";

    EventCoreSerializationAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBooleanProperty(name = "eventcore.show-exception-text")
    ShownExceptionText shownExceptionText() {
        return new ShownExceptionText();
    }

    @Bean
    @ConditionalOnMissingBean
    EventTypes eventTypes(
            EventCoreProperties properties,
            BeanFactory beans,
            Environment environment,
            ResourceLoader resources,
            ObjectProvider<EventTypesCustomizer> customizers,
            ObjectProvider<Upcaster> upcasters) {
        EventTypes.Builder types = EventTypes.builder();
        GeneratedEventClasses.read(resources)
                .orElseGet(() -> new ApplicationClasses(environment, resources).events(beans))
                .forEach(types::register);
        customizers.orderedStream().forEach(customizer -> customizer.customize(types));
        if (properties.serialization().deriveEventNames()) {
            types.deriveMissingNames();
        }
        upcasters.orderedStream().forEach(types::upcaster);
        return types.build();
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnOneStore
    @Proxyable(ProxyType.INTERFACES)
    EventSerializer eventSerializer(
            EventTypes eventTypes,
            StoredJson storedJson,
            ObjectProvider<Upcaster> upcasters,
            ObjectProvider<PersonalDataProtection> protection,
            EventCoreProperties properties,
            ObjectProvider<UnknownTypeListener> listeners) {
        return serializer(
                eventTypes,
                storedJson.mapper(),
                upcasters.orderedStream().toList(),
                protection.getIfAvailable(),
                properties.serialization(),
                listeners::orderedStream);
    }

    static EventSerializer serializer(
            EventTypes eventTypes,
            JsonMapper json,
            List<Upcaster> upcasters,
            @Nullable PersonalDataProtection protecting,
            Serialization settings,
            Supplier<Stream<UnknownTypeListener>> listeners) {
        upcasters.forEach(eventTypes::requireUpcaster);
        if (protecting == null) {
            requireNoPersonalData(eventTypes);
        }
        JacksonEventSerializer serializer = protecting == null
                ? new JacksonEventSerializer(eventTypes, json)
                : new JacksonEventSerializer(eventTypes, json, protecting);
        return serializer.withUnknownTypes(
                settings.unknownTypes(), typeName -> listeners.get().forEach(listener -> listener.skipped(typeName)));
    }

    private static void requireNoPersonalData(EventTypes eventTypes) {
        eventTypes.types().stream()
                .flatMap(type -> PersonalComponents.declaredBy(type).stream())
                .findFirst()
                .ifPresent(component -> {
                    throw new PersonalDataKeyException(
                            "Component '%s' of %s is @PersonalData, and there is no master key: eventcore.personal-data.master-key is not set"
                                    .formatted(
                                            component.field().getName(),
                                            component
                                                    .field()
                                                    .getDeclaringClass()
                                                    .getName()),
                            MAKE_KEY + " To use a key management service instead, declare a bean of type KeyWrapping.");
                });
    }

    /** Wraps the keys of persons if a database stores them. */
    @Bean
    @ConditionalOnMissingBean(KeyWrapping.class)
    @ConditionalOnProperty("eventcore.personal-data.master-key")
    @Proxyable(ProxyType.INTERFACES)
    MasterKeys masterKeys(EventCoreProperties properties) {
        PersonalData personalData = properties.personalData();
        MasterKeys keys = masterKey("eventcore.personal-data.master-key", personalData.masterKey(), MasterKeys::of);
        for (String previous : personalData.previousMasterKeys()) {
            keys = masterKey("eventcore.personal-data.previous-master-keys", previous, keys::and);
        }
        return keys;
    }

    /** No message shows the value, nor the exception of the Base64 decoder, which may quote it. */
    private static MasterKeys masterKey(
            String property, String text, BiFunction<String, byte[], MasterKeys> masterKeys) {
        int colon = text.indexOf(':');
        try {
            if (colon < 1) {
                throw new IllegalArgumentException("the id is missing");
            }
            return masterKeys.apply(
                    text.substring(0, colon),
                    Base64.getDecoder().decode(text.substring(colon + 1).strip()));
        } catch (IllegalArgumentException e) {
            throw new PersonalDataKeyException(
                    "A value of " + property
                            + " is not a master key, which is an id, a colon, and 32 bytes in Base64; each id may"
                            + " occur only once. The value is not shown here",
                    MAKE_KEY + " If the value comes from a placeholder such as ${MASTER_KEY}, check that it is set.");
        }
    }

    /** Not lazily: a misspelt name must be reported when the application starts. */
    @Bean
    @Lazy(false)
    @ConditionalOnMissingBean
    UnknownProperties unknownProperties(ConfigurableEnvironment environment) {
        return UnknownProperties.warnAbout(environment);
    }

    /** Makes the application's own JSON show ids and versions as plain values too. */
    @Bean
    @ConditionalOnMissingBean
    EventCoreJacksonModule eventCoreJacksonModule() {
        return new EventCoreJacksonModule();
    }

    /**
     * Each auto-configuration that stores or reads JSON imports it: an application may leave out the others. The bean is
     * made when another bean needs it, from the customizers of its own context.
     */
    @Configuration(proxyBeanMethods = false)
    static class StoredJsonConfiguration {
        @Bean
        @Lazy
        @ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
        StoredJson eventCoreStoredJson(
                ObjectProvider<JsonMapper> mapper, ObjectProvider<EventSerializerCustomizer> customizers) {
            return StoredJson.of(mapper, customizers);
        }
    }
}
