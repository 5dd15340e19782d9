package io.eventcore.benchmarks.load;

import io.eventcore.benchmarks.load.Results.Spread;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * What a candidate should reach, and how to find the measured figure.
 *
 * @param text the figure and its bound in words
 * @param bound the bound
 * @param atLeast whether the bound is a minimum; otherwise it is a maximum
 * @param measured takes the figure from the results of the run
 */
record Target(String text, double bound, boolean atLeast, Function<Results, Spread> measured) {
    static Target speed(String candidate, String other, double atLeast) {
        String text = "%s at least %.2f x %s".formatted(candidate, atLeast, other);
        return new Target(text, atLeast, true, results -> results.speed(candidate, other));
    }

    static Target figureRatio(
            String what, String candidate, String other, double atMost, ToDoubleFunction<Sample> figure) {
        String text = "%s of %s at most %.2f x that of %s".formatted(what, candidate, atMost, other);
        return new Target(text, atMost, false, results -> results.ratio(candidate, other, figure));
    }

    static Target figure(String what, String candidate, double atMost, ToDoubleFunction<Sample> figure) {
        String text = "%s of %s at most %.0f".formatted(what, candidate, atMost);
        return new Target(text, atMost, false, results -> results.figure(candidate, figure));
    }

    /** A line of the table of targets. */
    String line(String row, String work, Results results) {
        Spread spread = measured.apply(results);
        boolean reached = atLeast ? spread.median() >= bound : spread.median() <= bound;
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %.2f (%.2f-%.2f) | %s |%n",
                row,
                work,
                text,
                spread.median(),
                spread.min(),
                spread.max(),
                reached ? "reached" : "missed");
    }
}
