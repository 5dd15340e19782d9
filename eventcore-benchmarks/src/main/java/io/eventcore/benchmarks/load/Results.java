package io.eventcore.benchmarks.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * What all candidates of a run did.
 *
 * @param samples the samples of each candidate by its name, round by round
 * @param remarks the remarks of some candidates, by their names
 */
record Results(Map<String, List<Sample>> samples, Map<String, String> remarks) {
    /**
     * The median and the extremes of some figures.
     *
     * @param median the middle figure
     * @param min the smallest
     * @param max the largest
     */
    record Spread(double median, double min, double max) {
        static Spread of(List<Double> figures) {
            List<Double> sorted = figures.stream().sorted().toList();
            int middle = sorted.size() / 2;
            double median =
                    sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
            return new Spread(median, sorted.get(0), sorted.get(sorted.size() - 1));
        }
    }

    /** How many times as fast one candidate was as another in the same round. */
    Spread speed(String candidate, String other) {
        return ratio(candidate, other, Sample::perSecond);
    }

    /** A figure of one candidate divided by that of another in the same round. */
    Spread ratio(String candidate, String other, ToDoubleFunction<Sample> figure) {
        List<Sample> own = of(candidate);
        List<Sample> others = of(other);
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < own.size(); round++) {
            ratios.add(figure.applyAsDouble(own.get(round)) / figure.applyAsDouble(others.get(round)));
        }
        return Spread.of(ratios);
    }

    /** A figure of one candidate over the rounds. */
    Spread figure(String candidate, ToDoubleFunction<Sample> figure) {
        return Spread.of(of(candidate).stream().map(figure::applyAsDouble).toList());
    }

    private List<Sample> of(String candidate) {
        return Objects.requireNonNull(samples.get(candidate), candidate);
    }
}
