package zap.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One plot as SVG inside a page: lines, or bars that are stacked or side by side. */
final class Chart {

    /**
     * Something that is plotted.
     *
     * @param name in the legend
     * @param x where each point is, on the scale of the axis; for bars their category, counted from 0
     * @param y how high
     */
    record Series(String name, List<Double> x, List<Double> y) {}

    /**
     * A mark on an axis.
     *
     * @param at where, on the axis' scale
     * @param text what stands there
     */
    record Tick(double at, String text) {}

    private static final int WIDTH = 720;
    private static final int HEIGHT = 300;
    private static final int LEFT = 64;
    private static final int RIGHT = 12;
    private static final int TOP = 12;
    private static final int BOTTOM = 44;
    private static final int TICKS = 5;
    private static final int COLOURS = 8;
    private static final int LEGEND_LINE = 18;

    private final String xTitle;
    private final String yTitle;
    private final List<Tick> xTicks;
    private final double xFrom;
    private final double xTo;
    private final double yTo;
    private final List<Series> series;
    private final StringBuilder svg = new StringBuilder();

    private Chart(
            String xTitle,
            String yTitle,
            List<Tick> xTicks,
            double xFrom,
            double xTo,
            double yTo,
            List<Series> series) {
        this.xTitle = xTitle;
        this.yTitle = yTitle;
        this.xTicks = xTicks;
        this.xFrom = xFrom;
        this.xTo = xTo;
        this.yTo = yTo <= 0 ? 1 : yTo;
        this.series = series;
    }

    /** Lines through points. */
    static String lines(String xTitle, String yTitle, List<Tick> xTicks, List<Series> series) {
        double from = xTicks.getFirst().at();
        double to = Math.max(from + 1e-9, xTicks.getLast().at());
        double top = series.stream()
                .flatMap(one -> one.y().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        var chart = new Chart(xTitle, yTitle, xTicks, from, to, top, series);
        return chart.draw(chart::line);
    }

    /** A group of bars for each category, one bar for each series. */
    static String bars(String yTitle, List<String> categories, List<Series> series) {
        double top = series.stream()
                .flatMap(one -> one.y().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        var chart = new Chart("", yTitle, ticks(categories), -0.5, categories.size() - 0.5, top, series);
        double width = 0.8 / Math.max(1, series.size());
        return chart.draw(n -> {
            Series one = series.get(n);
            for (int i = 0; i < one.x().size(); i++) {
                chart.bar(n, one.x().get(i) - 0.4 + n * width, width, 0, one.y().get(i));
            }
        });
    }

    /** One bar for each category, made of the series on top of each other. */
    static String stacked(String yTitle, List<String> categories, List<Series> series) {
        double[] sums = new double[categories.size()];
        for (Series one : series) {
            for (int i = 0; i < one.x().size(); i++) {
                sums[one.x().get(i).intValue()] += one.y().get(i);
            }
        }
        double top = 0;
        for (double sum : sums) {
            top = Math.max(top, sum);
        }
        var chart = new Chart("", yTitle, ticks(categories), -0.5, categories.size() - 0.5, top, series);
        double[] base = new double[categories.size()];
        return chart.draw(n -> {
            Series one = series.get(n);
            for (int i = 0; i < one.x().size(); i++) {
                int category = one.x().get(i).intValue();
                chart.bar(
                        n,
                        category - 0.3,
                        0.6,
                        base[category],
                        base[category] + one.y().get(i));
                base[category] += one.y().get(i);
            }
        });
    }

    private static List<Tick> ticks(List<String> categories) {
        var ticks = new ArrayList<Tick>();
        for (int i = 0; i < categories.size(); i++) {
            ticks.add(new Tick(i, categories.get(i)));
        }
        return ticks;
    }

    private interface Painter {
        void paint(int series);
    }

    private String draw(Painter painter) {
        int legend = LEGEND_LINE * series.size();
        svg.append("<svg viewBox=\"0 0 %s %s\" role=\"img\">\n".formatted(WIDTH, HEIGHT + legend));
        double step = niceStep(yTo / TICKS);
        for (double y = 0; y <= yTo * 1.0001; y += step) {
            text(LEFT - 6, yOf(y) + 4, "end", "axis", number(y));
            svg.append("<line class=\"grid\" x1=\"%s\" x2=\"%s\" y1=\"%s\" y2=\"%s\"/>\n"
                    .formatted(LEFT, WIDTH - RIGHT, at(yOf(y)), at(yOf(y))));
        }
        for (Tick tick : xTicks) {
            text(xOf(tick.at()), HEIGHT - BOTTOM + 16, "middle", "axis", tick.text());
        }
        text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - BOTTOM + 34, "middle", "axis", xTitle);
        svg.append("<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 %s) rotate(-90)\">%s</text>\n"
                .formatted((TOP + HEIGHT - BOTTOM) / 2, HtmlReport.escaped(yTitle)));
        for (int n = 0; n < series.size(); n++) {
            painter.paint(n);
            int y = HEIGHT + LEGEND_LINE * n;
            svg.append("<rect class=\"f%s\" x=\"%s\" y=\"%s\" width=\"12\" height=\"12\"/>\n"
                    .formatted(n % COLOURS, LEFT, y));
            text(LEFT + 18, y + 11, "start", "legend", series.get(n).name());
        }
        return svg.append("</svg>\n").toString();
    }

    private void line(int n) {
        var points = new StringBuilder();
        Series one = series.get(n);
        for (int i = 0; i < one.x().size(); i++) {
            double x = Math.clamp(one.x().get(i), xFrom, xTo);
            points.append(at(xOf(x)))
                    .append(',')
                    .append(at(yOf(one.y().get(i))))
                    .append(' ');
        }
        svg.append("<polyline class=\"s%s\" points=\"%s\"/>\n"
                .formatted(n % COLOURS, points.toString().strip()));
    }

    private void bar(int n, double x, double width, double from, double to) {
        svg.append("<rect class=\"f%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"><title>%s: %s</title></rect>\n"
                .formatted(
                        n % COLOURS,
                        at(xOf(x)),
                        at(yOf(to)),
                        at(xOf(x + width) - xOf(x)),
                        at(yOf(from) - yOf(to)),
                        HtmlReport.escaped(series.get(n).name()),
                        number(to - from)));
    }

    private void text(double x, double y, String anchor, String style, String text) {
        svg.append("<text class=\"%s\" text-anchor=\"%s\" x=\"%s\" y=\"%s\">%s</text>\n"
                .formatted(style, anchor, at(x), at(y), HtmlReport.escaped(text)));
    }

    private double xOf(double x) {
        return LEFT + (x - xFrom) / (xTo - xFrom) * (WIDTH - LEFT - RIGHT);
    }

    private double yOf(double y) {
        return HEIGHT - BOTTOM - y / yTo * (HEIGHT - BOTTOM - TOP);
    }

    /** A step of 1, 2 or 5 and zeros that is not much larger than this. */
    private static double niceStep(double about) {
        double power = Math.pow(10, Math.floor(Math.log10(about)));
        double digit = about / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    private static String at(double pixels) {
        return String.format(Locale.ROOT, "%.1f", pixels);
    }

    private static String number(double value) {
        String pattern = value >= 100 || value == 0 ? "%,.0f" : value >= 1 ? "%.1f" : "%.4f";
        return String.format(Locale.ROOT, pattern, value);
    }
}
