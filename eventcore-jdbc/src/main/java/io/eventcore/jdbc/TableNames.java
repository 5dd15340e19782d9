package io.eventcore.jdbc;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * The names of a store's tables and functions: a prefix, and a schema if it is not the default one.
 *
 * <p>Statements and scripts are written with the default prefix and are rewritten, never assembled from values. Both
 * parts are checked, because they are the only configured text that becomes SQL.
 *
 * @param schema the schema (on MariaDB and MySQL the database) of the tables; empty for the connection's own
 * @param prefix what every name begins with
 */
record TableNames(String schema, String prefix) {
    static final String DEFAULT_PREFIX = "eventcore_";

    /** The longest name is the prefix and 20 more characters; PostgreSQL cuts names silently beyond 63. */
    private static final Pattern IDENTIFIER = Pattern.compile("[a-z_][a-z0-9_]{0,39}");

    /**
     * Words that one of the engines reserves: unquoted, they name no schema or role there. One list, because databases
     * change.
     */
    private static final Set<String> RESERVED = Set.of("""
                    _rowid_ accessible add all alter analyse analyze and any array as asc asensitive asymmetric
                    authorization before between bigint binary blob both by call cascade case cast change char character
                    check collate collation column concurrently condition constraint continue convert create cross cube
                    cume_dist current_catalog current_date current_role current_schema current_time current_timestamp
                    current_user cursor database databases day day_hour day_microsecond day_minute day_second dec
                    decimal declare default deferrable delayed delete delete_domain_id dense_rank desc describe
                    deterministic distinct distinctrow div do do_domain_ids double drop dual each else elseif empty
                    enclosed end escaped except exists exit explain false fetch first_value float float4 float8 for
                    force foreign freeze from full fulltext function general generated get grant group grouping groups
                    having high_priority hour hour_microsecond hour_minute hour_second if ignore ignore_domain_ids
                    ignore_server_ids ilike in index infile initially inner inout insensitive insert int int1 int2 int3
                    int4 int8 integer intersect interval into io_after_gtids io_before_gtids is isnull iterate join
                    json_table key keys kill lag last_value lateral lead leading leave left like limit linear lines load
                    localtime localtimestamp lock long longblob longtext loop low_priority manual master_bind
                    master_heartbeat_period master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext
                    middleint minus minute minute_microsecond minute_second mod modifies month natural
                    no_write_to_binlog not notnull nth_value ntile null numeric of offset on only optimize
                    optimizer_costs option optionally or order out outer outfile over overlaps page_checksum parallel
                    parse_vcol_expr partition percent_rank placing precision primary procedure purge qualify range rank
                    read read_write reads real recursive ref_system_id references regexp release rename repeat replace
                    require resignal restrict return returning revoke right rlike row row_number rownum rows schema
                    schemas second second_microsecond select sensitive separator session_user set show signal similar
                    slow smallint some spatial specific sql sql_big_result sql_calc_found_rows sql_small_result
                    sqlexception sqlstate sqlwarning ssl starting stats_auto_recalc stats_persistent stats_sample_pages
                    stored straight_join symmetric system system_user table tablesample terminated then tinyblob tinyint
                    tinytext to top trailing trigger true uescape undo union unique unknown unlock unsigned update usage
                    use user using utc_date utc_time utc_timestamp value values varbinary varchar varcharacter variadic
                    varying vector verbose virtual when where while window with write xor year year_month zerofill
                    """.strip().split("\\s+"));

    TableNames {
        if (!schema.isEmpty()) {
            checkIdentifier("Schema", schema);
        }
        checkIdentifier("Table prefix", prefix);
    }

    /** Throws if a name from the configuration cannot become SQL as it is. */
    static void checkIdentifier(String what, String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new IllegalArgumentException("%s must match %s, is '%s'".formatted(what, IDENTIFIER, name));
        }
        if (RESERVED.contains(name)) {
            throw new IllegalArgumentException(
                    "%s must not be a reserved word of SQL, is '%s'; choose another name".formatted(what, name));
        }
    }

    /** The same SQL with these names instead of the default ones. */
    String in(String sql) {
        return sql.replace(DEFAULT_PREFIX, schema.isEmpty() ? prefix : schema + "." + prefix);
    }
}
