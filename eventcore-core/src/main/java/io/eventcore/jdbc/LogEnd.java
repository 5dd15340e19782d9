package io.eventcore.jdbc;

/**
 * How far positions have been given away at one moment.
 *
 * @param log tells this log on this server from every other that the same data source may lead to, before and after a
 *     failover or for another tenant; empty where the engine has no need of it
 * @param position the last position given to an append, committed or not; 0 if there was none
 */
record LogEnd(String log, long position) {
    static LogEnd ofSomeLog(long position) {
        return new LogEnd("", position);
    }
}
