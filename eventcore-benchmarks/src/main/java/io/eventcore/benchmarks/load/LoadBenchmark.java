package io.eventcore.benchmarks.load;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Measures the store against the limit of the database and against peers, and prints tables in Markdown.
 *
 * <p>Arguments: {@code --rows 1,2,p1} for some rows only; {@code --smoke} for a one-minute run that shows that the
 * driver works and measures nothing; {@code --big} for ten million events; {@code --warmups N}, {@code --rounds N},
 * {@code --millis N}; {@code --mariadb URL} for a MariaDB besides the other databases; {@code --plots FOLDER} for the
 * plots.
 */
public final class LoadBenchmark {
    private static final int POOL = 16;

    private final Arguments arguments;
    private final StringBuilder verdicts =
            new StringBuilder("| row | work | target | measured: median (min-max) | |\n|---|---|---|---|---|\n");

    private final Plot threads = new Plot("Appends per second, one event each", "threads");
    private final Plot sizes =
            new Plot("Processor time of the server for one append, microseconds", "events in the table");

    private LoadBenchmark(Arguments arguments) {
        this.arguments = arguments;
    }

    /**
     * The options from the command line.
     *
     * @param rows the numbers of the rows wanted; empty for all
     * @param smoke whether the run only shows that everything works
     * @param warmUps how often each candidate runs before it is measured
     * @param rounds how often each candidate is measured
     * @param length how long each run takes
     * @param million how many events a filled table has
     * @param peers whether the peers run
     * @param mariaDb the URL of a MariaDB; empty for none
     * @param plots the folder for the plots
     */
    private record Arguments(
            Set<String> rows,
            boolean smoke,
            int warmUps,
            int rounds,
            Duration length,
            int million,
            boolean peers,
            String mariaDb,
            Path plots) {
        static Arguments parse(String[] given) {
            List<String> list = List.of(given);
            boolean smoke = list.contains("--smoke");
            Set<String> rows =
                    list.contains("--rows") ? Set.of(after(list, "--rows", "").split(",", -1)) : Set.of();
            return new Arguments(
                    rows,
                    smoke,
                    Integer.parseInt(after(list, "--warmups", smoke ? "1" : "3")),
                    Integer.parseInt(after(list, "--rounds", smoke ? "1" : "5")),
                    Duration.ofMillis(Long.parseLong(after(list, "--millis", smoke ? "100" : "2000"))),
                    smoke ? 20_000 : list.contains("--big") ? 10_000_000 : 1_000_000,
                    Peers.arePresent() && !list.contains("--no-peers"),
                    after(list, "--mariadb", ""),
                    Path.of(after(list, "--plots", "target/plots")));
        }

        private static String after(List<String> list, String name, String otherwise) {
            int index = list.indexOf(name);
            return index < 0 ? otherwise : list.get(index + 1);
        }

        boolean wants(String number) {
            return rows.isEmpty() || rows.contains(number.split(" ", -1)[0]);
        }
    }

    /** Runs the rows and prints the tables. */
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
        if (arguments.smoke) {
            System.out.println("A smoke run: it shows that everything runs, its figures mean nothing.\n");
        }
        try {
            measureAll();
        } finally {
            // The measured figures count, even if another measurement fails.
            System.out.println(verdicts);
            draw(threads, "throughput.svg");
            draw(sizes, "table-size.svg");
        }
    }

    private void measureAll() throws Exception {
        Rows rows = new Rows(arguments.million, arguments.peers);
        try (Database database = Database.start(POOL)) {
            System.out.println(database.queryText("SELECT version()") + "\n");
            measure(database, rows.all());
            measure(database, new ProjectionRows(arguments.million).all());
            measure(database, new TagRows(arguments.million).all());
            if (arguments.smoke || arguments.rows.contains(MovingRows.ROW)) {
                measure(database, new MovingRows(arguments.million).all());
            }
            if (arguments.wants(DeadlineRows.ROW)) {
                new DeadlineRows(database, Math.max(100, arguments.million / 200)).run(verdicts);
            }
            if (arguments.wants(ProjectionLatency.ROW)) {
                new ProjectionLatency(database, Math.max(100, arguments.million / 1_000)).run(verdicts);
            }
            if (arguments.wants("14")) {
                printStorage(database, rows.large());
            }
        }
        if (arguments.wants(InProcess.ROW)) {
            verdicts.append(InProcess.run(arguments.smoke));
        }
        try (Database database = Database.h2(POOL)) {
            measure(database, Rows.on("H2 file"));
        }
        if (!arguments.mariaDb.isEmpty()) {
            try (Database database = Database.given(arguments.mariaDb, POOL)) {
                measure(database, Rows.on("MariaDB"));
            }
        }
    }

    private void measure(Database database, List<Row> rows) throws Exception {
        Driver driver = new Driver(database, arguments.warmUps, arguments.rounds, arguments.length);
        for (Row row :
                rows.stream().filter(row -> arguments.wants(row.number())).toList()) {
            Results results = driver.run(row);
            System.out.println(Table.of(row, results));
            row.targets().forEach(target -> verdicts.append(target.line(row.number(), row.work(), results)));
            plot(row, results);
        }
    }

    private void plot(Row row, Results results) {
        for (Candidate candidate : row.candidates()) {
            String name = candidate.name();
            if (row.work().equals(Rows.YOUNG_STREAM)
                    && Rows.PLOTTED.contains(name)
                    && !row.number().startsWith("15")) {
                threads.add(
                        name,
                        row.threads(),
                        results.figure(name, Sample::perSecond).median());
            }
            for (String kind : List.of(Rows.YOUNG, Rows.OLD)) {
                if (name.startsWith(kind)) {
                    sizes.add(
                            kind.replaceAll(",.*", "") + ", threads: " + row.threads(),
                            Long.parseLong(name.substring(kind.length())),
                            results.figure(name, Sample::serverCpuMicros).median());
                }
            }
        }
    }

    private void draw(Plot plot, String name) {
        if (!plot.isEmpty()) {
            plot.write(arguments.plots.resolve(name));
        }
    }

    private void printStorage(Database database, Filled filled) {
        String prefix = filled.prefix(database);
        double bytes = Double.parseDouble(database.queryText(
                "SELECT (pg_total_relation_size('%1$sevent') + pg_total_relation_size('%1$sstream'))::float8 / count(*) FROM %1$sevent"
                        .formatted(prefix)));
        verdicts.append(String.format(
                Locale.ROOT,
                "| 14 | storage of an event with all indexes | at most 420 bytes | %.0f | %s |%n",
                bytes,
                bytes <= 420 ? "reached" : "missed"));
    }
}
