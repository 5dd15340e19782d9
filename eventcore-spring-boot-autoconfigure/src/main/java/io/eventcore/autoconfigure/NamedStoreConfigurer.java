package io.eventcore.autoconfigure;

/**
 * Gives each of several event stores its projections and reactions. Every bean of this type is called once for each
 * store, before the library opens its database.
 *
 * <pre>{@code
 * @Bean
 * NamedStoreConfigurer balances() {
 *     return store -> store.projection(new Balances(JdbcClient.create(store.dataSource())));
 * }
 * }</pre>
 *
 * @since 0.1
 */
@FunctionalInterface
public interface NamedStoreConfigurer {
    /** Adds the projections and reactions of this store; does nothing for a store that it does not concern. */
    void configure(NamedStoreSetup store);
}
