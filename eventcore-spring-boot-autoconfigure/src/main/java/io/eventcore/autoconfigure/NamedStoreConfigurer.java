package io.eventcore.autoconfigure;

/**
 * Gives each of several event stores its projections and reactions. Every bean of this type is called once for each store,
 * before its database is looked at.
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
    /** Adds what runs on this store; nothing for a store that it is not meant for. */
    void configure(NamedStoreSetup store);
}
