package io.eventcore.autoconfigure;

import io.eventcore.jdbc.JdbcSchema;
import org.springframework.beans.factory.InitializingBean;

/**
 * Creates the tables of the event store before anything uses them. A bean of this type replaces the auto-configured one.
 *
 * @since 0.1
 */
public class EventStoreSchemaInitializer implements InitializingBean {
    private final JdbcSchema schema;
    private final boolean create;

    /**
     * An initializer of these tables.
     *
     * @param create whether to create missing tables, or to do nothing
     */
    public EventStoreSchemaInitializer(JdbcSchema schema, boolean create) {
        this.schema = schema;
        this.create = create;
    }

    @Override
    public void afterPropertiesSet() {
        if (create) {
            schema.create();
        }
    }
}
