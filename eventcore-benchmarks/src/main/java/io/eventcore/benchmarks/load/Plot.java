package io.eventcore.benchmarks.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Lines over a few places on the horizontal axis, as SVG that is readable on light and dark backgrounds. */
final class Plot {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 380;
    private static final int LEFT = 70;
    private static final int RIGHT = 200;
    private static final int TOP = 46;
    private static final int BOTTOM = 52;
    private static final int LINES = 5;
    private static final List<String> COLOURS =
            List.of("#8a8f98", "#2f81f7", "#d9822b", "#3fa45b", "#a55cc9", "#c94f4f");

    private final String title;
    private final String across;
    private final Map<String, Map<Long, Double>> series = new LinkedHashMap<>();

    /**
     * An empty plot.
     *
     * @param title what the height means
     * @param across what the places mean
     */
    Plot(String title, String across) {
        this.title = title;
        this.across = across;
    }

    void add(String name, long place, double height) {
        series.computeIfAbsent(name, key -> new LinkedHashMap<>()).put(place, height);
    }

    boolean isEmpty() {
        return series.isEmpty();
    }

    void write(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, svg());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String svg() {
        List<Long> places = new ArrayList<>(new TreeSet<>(series.values().stream()
                .flatMap(points -> points.keySet().stream())
                .toList()));
        double top = niceAbove(series.values().stream()
                .flatMap(points -> points.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1));
        StringBuilder svg = new StringBuilder();
        svg.append(format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#8a8f98\">%n",
                WIDTH, HEIGHT));
        svg.append(text(LEFT, 24, "start", title));
        for (int line = 0; line <= LINES; line++) {
            double height = top * line / LINES;
            double y = y(height, top);
            svg.append(format(
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#8a8f98\" stroke-opacity=\"0.3\"/>%n",
                    LEFT, WIDTH - RIGHT, y, y));
            svg.append(text(LEFT - 8, y + 4, "end", format("%,.0f", height)));
        }
        for (int place = 0; place < places.size(); place++) {
            svg.append(text(x(place, places.size()), HEIGHT - BOTTOM + 20, "middle", format("%,d", places.get(place))));
        }
        svg.append(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", across));
        int number = 0;
        for (Map.Entry<String, Map<Long, Double>> line : series.entrySet()) {
            svg.append(line(line.getKey(), line.getValue(), places, top, number++));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String line(String name, Map<Long, Double> points, List<Long> places, double top, int number) {
        String colour = COLOURS.get(number % COLOURS.size());
        StringBuilder path = new StringBuilder();
        StringBuilder dots = new StringBuilder();
        points.forEach((place, height) -> {
            double x = x(places.indexOf(place), places.size());
            double y = y(height, top);
            path.append(format("%s%.1f %.1f", path.isEmpty() ? "M" : " L", x, y));
            dots.append(format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>%n", x, y, colour));
        });
        int legend = TOP + 10 + number * 22;
        return format("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n", path, colour)
                + dots
                + format("<circle cx=\"%d\" cy=\"%d\" r=\"4\" fill=\"%s\"/>%n", WIDTH - RIGHT + 24, legend - 4, colour)
                + text(WIDTH - RIGHT + 36, legend, "start", name);
    }

    private static String text(double x, double y, String anchor, String content) {
        return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, content);
    }

    private static double x(int place, int places) {
        double width = WIDTH - LEFT - RIGHT;
        return LEFT + width * (place + 0.5) / places;
    }

    private static double y(double height, double top) {
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * height / top;
    }

    /** A round number that is not below the height. */
    private static double niceAbove(double height) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(height, 1e-9))));
        for (double step : List.of(1.0, 2.0, 2.5, 5.0)) {
            if (height <= step * power) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
