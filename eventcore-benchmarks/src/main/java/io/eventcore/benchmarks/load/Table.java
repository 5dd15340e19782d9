package io.eventcore.benchmarks.load;

import io.eventcore.benchmarks.load.Results.Spread;
import java.util.Locale;

/** The results of one row as a Markdown table. Every ratio compares a candidate with the first one of the same round. */
final class Table {
    private Table() {}

    static String of(Row row, Results results) {
        StringBuilder table = new StringBuilder("### %s. %s, %d thread%s%n%n"
                .formatted(row.number(), row.work(), row.threads(), row.threads() == 1 ? "" : "s"));
        table.append("| candidate | ratio median (min-max) | per second | p50 ms | p99 ms | p99.9 ms"
                + " | server CPU us | client CPU us | WAL B |\n|---|---|---|---|---|---|---|---|---|\n");
        String limit = row.candidates().get(0).name();
        for (Candidate candidate : row.candidates()) {
            String name = candidate.name();
            Spread speed = results.speed(name, limit);
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.2f (%.2f-%.2f) | %,.0f | %.2f | %.2f | %.2f | %.1f | %.1f | %,.0f |%n",
                    name,
                    speed.median(),
                    speed.min(),
                    speed.max(),
                    results.figure(name, Sample::perSecond).median(),
                    results.figure(name, Sample::p50).median() / 1000,
                    results.figure(name, Sample::p99).median() / 1000,
                    results.figure(name, Sample::p999).median() / 1000,
                    results.figure(name, Sample::serverCpuMicros).median(),
                    results.figure(name, Sample::clientCpuMicros).median(),
                    results.figure(name, Sample::walBytes).median()));
        }
        results.remarks()
                .forEach((name, remark) -> table.append("\n")
                        .append(name)
                        .append(": ")
                        .append(remark)
                        .append("\n"));
        return table.toString();
    }
}
