package io.eventcore.autoconfigure;

import io.eventcore.serialization.EventJson;
import org.springframework.beans.factory.ObjectProvider;
import tools.jackson.databind.cfg.HandlerInstantiator;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON of stored data. It knows the types of modules on the class path and of the customizers. From the
 * application's mapper it takes only how the mapper instantiates classes that annotations name.
 *
 * <p>Made once, for events, commands with ids, and states: to look for modules and to set them up takes a good part of
 * what this library adds to a start. Not a bean of type {@link JsonMapper}, which would replace that of Spring Boot.
 *
 * @param mapper reads and writes it
 */
record StoredJson(JsonMapper mapper) {
    static StoredJson of(
            ObjectProvider<JsonMapper> applications, ObjectProvider<EventSerializerCustomizer> customizers) {
        JsonMapper.Builder stored = EventJson.builder().findAndAddModules();
        JsonMapper application = applications.getIfAvailable();
        HandlerInstantiator maker =
                application == null ? null : application.serializationConfig().getHandlerInstantiator();
        if (maker != null) {
            stored.handlerInstantiator(maker);
        }
        customizers.orderedStream().forEach(customizer -> customizer.customize(stored));
        return new StoredJson(stored.build());
    }
}
