package io.eventcore.jdbc;

/** A real MariaDB by one of two drivers: one server for all tests of the process, or the one of a system property. */
final class MariaDbDatabase extends MariaDbAccess {
    private static final String GIVEN = System.getProperty("eventcore.test.mariadb.url", "");

    /** Host and port. The user root of a given server has no password. */
    private static final String ADDRESS = GIVEN.isEmpty()
            ? MariaDbServer.start("--innodb-lock-wait-timeout=20", "--max-connections=300")
            : GIVEN.replaceFirst("^jdbc:\\w+://", "").replaceFirst("/.*$", "");

    /** By the driver of MariaDB. */
    static final MariaDbDatabase INSTANCE = new MariaDbDatabase("mariadb");

    /** By the driver of MySQL. */
    static final MariaDbDatabase BY_MYSQL_DRIVER = new MariaDbDatabase("mysql");

    private MariaDbDatabase(String driver) {
        super("jdbc:%s://%s/".formatted(driver, ADDRESS), driver + "_driver");
    }
}
