package io.eventcore.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The results of one row as a Markdown table; every ratio is taken within a round, against the first candidate. */
final class Table {
    private Table() {}

    static String of(String title, Map<String, List<Sample>> results) {
        StringBuilder table = new StringBuilder("### " + title + "\n\n");
        table.append("| candidate | ratio median (min-max) | per second | p50 ms | p99 ms | p99.9 ms"
                + " | server CPU us | client CPU us | WAL B |\n|---|---|---|---|---|---|---|---|---|\n");
        List<Sample> limit = results.values().iterator().next();
        results.forEach((name, samples) -> {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < samples.size(); i++) {
                ratios.add(samples.get(i).perSecond() / limit.get(i).perSecond());
            }
            ratios.sort(null);
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.2f (%.2f-%.2f) | %,.0f | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f |%n",
                    name,
                    median(ratios),
                    ratios.get(0),
                    ratios.get(ratios.size() - 1),
                    median(samples, Sample::perSecond),
                    median(samples, Sample::p50) / 1000,
                    median(samples, Sample::p99) / 1000,
                    median(samples, Sample::p999) / 1000,
                    median(samples, Sample::serverCpuMicros),
                    median(samples, Sample::clientCpuMicros),
                    median(samples, Sample::walBytes)));
        });
        return table.toString();
    }

    private static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        return median(samples.stream().mapToDouble(figure).sorted().boxed().toList());
    }

    static double median(List<Double> sorted) {
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
