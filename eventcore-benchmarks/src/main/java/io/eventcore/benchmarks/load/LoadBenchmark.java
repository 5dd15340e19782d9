package io.eventcore.benchmarks.load;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Measures the store against the limit of the database and against peers, and prints tables in Markdown.
 *
 * <p>Arguments: {@code --rows 1,2,p1} for some rows only; {@code --smoke} for a run of a minute that shows that the driver
 * works and measures nothing; {@code --big} for ten million events; {@code --rounds N}, {@code --millis N}.
 */
public final class LoadBenchmark {
    private static final int POOL = 16;

    private final Arguments arguments;
    private final StringBuilder verdicts =
            new StringBuilder("| row | work | target | measured: median (min-max) | |\n|---|---|---|---|---|\n");

    private LoadBenchmark(Arguments arguments) {
        this.arguments = arguments;
    }

    /**
     * What was asked for on the command line.
     *
     * @param rows the numbers of the rows wanted; empty for all
     * @param rounds how often each candidate runs
     * @param length how long each time
     * @param million how many events a filled table has
     * @param peers whether the peers run
     */
    private record Arguments(Set<String> rows, int rounds, Duration length, int million, boolean peers) {
        static Arguments parse(String[] given) {
            List<String> list = List.of(given);
            boolean smoke = list.contains("--smoke");
            Set<String> rows =
                    list.contains("--rows") ? Set.of(after(list, "--rows", "").split(",", -1)) : Set.of();
            return new Arguments(
                    rows,
                    Integer.parseInt(after(list, "--rounds", smoke ? "1" : "5")),
                    Duration.ofMillis(Long.parseLong(after(list, "--millis", smoke ? "100" : "2000"))),
                    smoke ? 20_000 : list.contains("--big") ? 10_000_000 : 1_000_000,
                    Peers.arePresent() && !list.contains("--no-peers"));
        }

        private static String after(List<String> list, String name, String otherwise) {
            int index = list.indexOf(name);
            return index < 0 ? otherwise : list.get(index + 1);
        }

        boolean wants(Row row) {
            return rows.isEmpty() || rows.contains(row.number().split(" ", -1)[0]);
        }
    }

    /** Runs and prints. */
    public static void main(String[] given) throws Exception {
        new LoadBenchmark(Arguments.parse(given)).run();
    }

    private void run() throws Exception {
        System.out.printf(
                "Machine: %d processors, Java %s, %s %s%n%n",
                Runtime.getRuntime().availableProcessors(),
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"));
        Rows rows = new Rows(arguments.million, arguments.peers);
        try (Database database = Database.start(POOL)) {
            System.out.println(database.queryText("SELECT version()") + "\n");
            measure(database, rows.all());
            measure(database, new ProjectionRows(arguments.million).all());
            if (arguments.rows.isEmpty() || arguments.rows.contains(ProjectionLatency.ROW)) {
                new ProjectionLatency(database, Math.max(100, arguments.million / 1_000)).run(verdicts);
            }
            if (arguments.rows.isEmpty() || arguments.rows.contains("14")) {
                printStorage(database, rows.large());
            }
        }
        try (Database database = Database.h2(POOL)) {
            measure(database, Rows.onH2());
        }
        System.out.println(verdicts);
    }

    private void measure(Database database, List<Row> rows) throws Exception {
        Driver driver = new Driver(database, arguments.rounds, arguments.length);
        for (Row row : rows.stream().filter(arguments::wants).toList()) {
            Results results = driver.run(row);
            System.out.println(Table.of(row, results));
            row.targets().forEach(target -> verdicts.append(target.line(row.number(), row.work(), results)));
        }
    }

    private void printStorage(Database database, Filled filled) {
        String prefix = filled.prefix(database);
        double bytes = Double.parseDouble(database.queryText(
                "SELECT (pg_total_relation_size('%1$sevent') + pg_total_relation_size('%1$sstream'))::float8 / count(*) FROM %1$sevent"
                        .formatted(prefix)));
        verdicts.append(String.format(
                Locale.ROOT,
                "| 14 | storage of an event with all indexes | at most 470 bytes | %.0f | %s |%n",
                bytes,
                bytes <= 470 ? "reached" : "missed"));
    }
}
