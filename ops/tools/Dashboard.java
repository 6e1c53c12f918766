import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;

/**
 * Draws the dashboard from what a Prometheus knows: the panels of ops/deploy/grafana/dashboards/zap.json where they
 * are, with their own queries, as one picture (SVG). For documents, for a report of something that has happened, and
 * for where there is no Grafana.
 *
 * <p>{@code java ops/tools/Dashboard.java FILE [PROMETHEUS [FROM [TO [SERVER]]]]}: from http://127.0.0.1:9090, and for
 * the time that the dashboard shows, unless told otherwise. SERVER is the one that is shown (its label "instance"),
 * where Prometheus knows several. FROM and TO are moments ({@code 2026-11-23T15:00:00Z}), or as Grafana has them
 * ({@code now-15m}). It ends with 1 when a panel has nothing to show.
 */
public final class Dashboard {

    private static final int USAGE = 64;
    private static final int UNAVAILABLE = 69;

    private static final Path DASHBOARD = Path.of("grafana", "dashboards", "zap.json");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    // Pixels. Grafana's grid has 24 columns.
    private static final int COLUMN = 50;
    private static final int ROW = 28;
    private static final int HEAD = 56;
    private static final int GAP = 8;

    /** About how wide letters are: what shows the picture has fonts of its own. */
    private static final double SMALL_LETTER = 6.2;

    private static final double LARGE_LETTER = 8;

    /** Maximum number of values of a line: more could not be told apart. */
    private static final int POINTS = 180;

    /** Seconds between two readings of the metrics (prometheus.yml). */
    private static final int READ_EVERY = 5;

    /** Over which time rates are taken: several readings. */
    private static final String RATE_OVER = "1m";

    /** A metric that every server has, and nothing else. */
    private static final String EVERY_SERVER_HAS = "zap_sessions_connected_sessions";

    /** To be told apart on white, also by those who see red and green alike, as far as ten can be. */
    private static final List<String> COLORS = List.of(
            "#1f77b4", "#d95f02", "#2ca02c", "#7b3294", "#c51b7d", "#8c564b", "#17a2b8", "#7f7f7f", "#b8860b", "#111111");

    private static final Pattern LABEL = Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}");
    private static final Pattern RELATIVE = Pattern.compile("now(?:-(\\d+)([smhd]))?");

    /** One line: what it is called, and its values by second. */
    private record Series(String name, List<double[]> values) {}

    /** A rectangle of the picture. */
    private record Box(double x, double y, double width, double height) {
        double right() {
            return x + width;
        }

        double bottom() {
            return y + height;
        }
    }

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final StringBuilder svg = new StringBuilder();
    private final List<String> empty = new ArrayList<>();
    private final String prometheus;
    private final long from;
    private final long to;
    private final long step;
    private String job = "";
    private String instance = "";

    private Dashboard(String prometheus, Instant from, Instant to) {
        this.prometheus = prometheus.replaceFirst("/+$", "");
        this.from = from.getEpochSecond();
        this.to = to.getEpochSecond();
        this.step = Math.max(READ_EVERY, (this.to - this.from + POINTS - 1) / POINTS);
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 1 || args.length > 5) {
            System.err.println("zap: java ops/tools/Dashboard.java FILE [PROMETHEUS [FROM [TO [SERVER]]]]");
            System.exit(USAGE);
        }
        Path here = Path.of(System.getProperty("jdk.launcher.sourcefile", "ops/tools/Dashboard.java")).toAbsolutePath();
        Json dashboard = Json.parse(Files.readString(here.resolveSibling(DASHBOARD)));
        String prometheus = args.length > 1 ? args[1] : "http://127.0.0.1:9090";
        Instant now = Instant.now();
        try {
            Instant from = moment(args.length > 2 ? args[2] : dashboard.at("time").text("from"), now);
            Instant to = moment(args.length > 3 ? args[3] : dashboard.at("time").text("to"), now);
            if (!from.isBefore(to)) {
                throw new DateTimeException(from + " is not before " + to);
            }
            var drawing = new Dashboard(prometheus, from, to);
            drawing.choose(args.length > 4 ? args[4] : null);
            Files.writeString(Path.of(args[0]), drawing.draw(dashboard), UTF_8);
            drawing.empty.forEach(title -> System.err.println("zap: \"" + title + "\" has nothing to show."));
            System.exit(drawing.empty.isEmpty() ? 0 : 1);
        } catch (DateTimeException | IllegalArgumentException e) {
            System.err.println("zap: " + e.getMessage() + ".");
            System.exit(USAGE);
        } catch (IOException e) {
            System.err.println("zap: " + prometheus + " does not answer as a Prometheus does: " + e);
            System.exit(UNAVAILABLE);
        }
    }

    private static Instant moment(String said, Instant now) {
        var relative = RELATIVE.matcher(said);
        if (!relative.matches()) {
            return Instant.parse(said);
        }
        if (relative.group(1) == null) {
            return now;
        }
        long seconds = switch (relative.group(2)) {
            case "s" -> 1;
            case "m" -> 60;
            case "h" -> 3600;
            default -> 86_400;
        };
        return now.minusSeconds(Long.parseLong(relative.group(1)) * seconds);
    }

    // ------------------------------------------------------------------------------------------------------------- the
    // picture

    private String draw(Json dashboard) throws IOException, InterruptedException {
        int width = 24 * COLUMN + GAP;
        int height = HEAD + GAP + ROW * dashboard.list("panels").stream()
                .map(panel -> panel.at("gridPos"))
                .mapToInt(place -> (int) (place.number("y") + place.number("h")))
                .max()
                .orElse(0);
        put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
                + "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"11\" fill=\"#333\">",
                width, height, width, height);
        put("<title>%s: %s</title>", escaped(dashboard.text("title")), escaped(dashboard.text("description")));
        put("<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>");
        put("<text x=\"%d\" y=\"24\" font-size=\"18\" font-weight=\"bold\">%s</text>", GAP, escaped(dashboard.text("title")));
        put("<text x=\"%d\" y=\"43\" font-size=\"13\">%s %s</text>", GAP, escaped(dashboard.text("description")), escaped(times()));
        for (Json panel : dashboard.list("panels")) {
            Json place = panel.at("gridPos");
            var box = new Box(
                    GAP + place.number("x") * COLUMN,
                    HEAD + place.number("y") * ROW,
                    place.number("w") * COLUMN - GAP,
                    place.number("h") * ROW - GAP);
            if (panel.text("type").equals("row")) {
                put("<text x=\"%s\" y=\"%s\" font-size=\"14\" font-weight=\"bold\">%s</text>",
                        at(box.x), at(box.bottom() - 2), escaped(panel.text("title")));
            } else {
                put("<g>");
                draw(panel, box);
                put("</g>");
            }
        }
        put("</svg>");
        return svg.toString();
    }

    private String times() {
        var format = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
        return "From " + format.format(Instant.ofEpochSecond(from)) + " to " + format.format(Instant.ofEpochSecond(to)) + " UTC.";
    }

    private void draw(Json panel, Box box) throws IOException, InterruptedException {
        String title = panel.text("title");
        put("<title>%s</title>", escaped(panel.text("description")));
        put("<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"3\" fill=\"none\" stroke=\"#ddd\"/>",
                at(box.x), at(box.y), at(box.width), at(box.height));
        put("<text x=\"%s\" y=\"%s\" font-size=\"12\" font-weight=\"bold\">%s</text>", at(box.x + 8), at(box.y + 17), escaped(title));

        var series = new ArrayList<Series>();
        for (Json target : panel.list("targets")) {
            series.addAll(ask(target));
        }
        if (series.stream().allMatch(one -> one.values.isEmpty())) {
            empty.add(title);
            put("<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" fill=\"#888\">No data</text>",
                    at(box.x + box.width / 2), at(box.y + box.height / 2));
            return;
        }
        double legendTop = legend(series, box);
        Json defaults = panel.at("fieldConfig").at("defaults");
        Axis axis = Axis.of(
                defaults.text("unit"),
                series.stream().flatMapToDouble(one -> one.values.stream().mapToDouble(value -> value[1])),
                defaults.has("min") ? defaults.number("min") : Double.NaN,
                defaults.at("custom").has("axisSoftMin") ? defaults.at("custom").number("axisSoftMin") : Double.NaN);
        double left = axis.ticks().mapToObj(axis::named).mapToDouble(Dashboard::widthOf).max().orElse(0);
        var plot = new Box(box.x + left + 14, box.y + 28, box.width - left - 32, legendTop - 20 - box.y - 28);
        grid(axis, plot);
        for (int i = 0; i < series.size(); i++) {
            line(series.get(i), color(i), i >= COLORS.size(), axis, plot);
        }
    }

    private void grid(Axis axis, Box plot) {
        axis.ticks().forEach(tick -> {
            double y = axis.y(tick, plot);
            put("<path d=\"M%s %sH%s\" stroke=\"%s\"/>", at(plot.x), at(y), at(plot.right()), tick == 0 ? "#999" : "#e8e8e8");
            put("<text x=\"%s\" y=\"%s\" text-anchor=\"end\" fill=\"#666\">%s</text>", at(plot.x - 5), at(y + 4), escaped(axis.named(tick)));
        });
        long between = timeBetweenTicks(plot.width);
        var format = DateTimeFormatter.ofPattern(between % 60 == 0 ? "HH:mm" : "HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
        for (long second = (from + between - 1) / between * between; second <= to; second += between) {
            double x = x(second, plot);
            put("<path d=\"M%s %sV%s\" stroke=\"#f0f0f0\"/>", at(x), at(plot.y), at(plot.bottom()));
            put("<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" fill=\"#666\">%s</text>",
                    at(x), at(plot.bottom() + 14), format.format(Instant.ofEpochSecond(second)));
        }
    }

    private long timeBetweenTicks(double width) {
        for (long seconds : List.of(10L, 30L, 60L, 120L, 300L, 600L, 1800L, 3600L, 7200L, 21_600L, 43_200L)) {
            if ((to - from) / seconds * 52 <= width) {
                return seconds;
            }
        }
        return 86_400;
    }

    private double x(double second, Box plot) {
        return plot.x + (second - from) / (to - from) * plot.width;
    }

    private void line(Series series, String color, boolean dashed, Axis axis, Box plot) {
        var path = new StringBuilder();
        List<double[]> values = series.values;
        for (int i = 0; i < values.size(); i++) {
            boolean begins = i == 0 || values.get(i)[0] - values.get(i - 1)[0] > 1.5 * step;
            boolean ends = i == values.size() - 1 || values.get(i + 1)[0] - values.get(i)[0] > 1.5 * step;
            String y = at(axis.y(values.get(i)[1], plot));
            // Within a level stretch only its ends are needed.
            if (!begins && !ends && y.equals(at(axis.y(values.get(i - 1)[1], plot))) && y.equals(at(axis.y(values.get(i + 1)[1], plot)))) {
                continue;
            }
            path.append(begins ? 'M' : 'L').append(at(x(values.get(i)[0], plot))).append(' ').append(y);
            if (begins && ends) {
                path.append("h.1"); // a value without neighbours is a dot
            }
        }
        put("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" stroke-linejoin=\"round\" stroke-linecap=\"round\"%s/>",
                path, color, dashed ? " stroke-dasharray=\"4 3\"" : "");
    }

    /** Draws it from the bottom up, in as many lines as it takes, and returns where it begins. */
    private double legend(List<Series> series, Box box) {
        var lines = new ArrayList<List<Integer>>();
        double used = Double.MAX_VALUE;
        for (int i = 0; i < series.size(); i++) {
            double wide = widthOf(series.get(i));
            if (used + wide > box.width - 12) {
                lines.add(new ArrayList<>());
                used = 0;
            }
            lines.getLast().add(i);
            used += wide;
        }
        double top = box.bottom() - 6 - 15 * lines.size();
        for (int line = 0; line < lines.size(); line++) {
            double x = box.x + 8;
            double y = top + 15 * line + 11;
            for (int i : lines.get(line)) {
                put("<path d=\"M%s %sh12\" stroke=\"%s\" stroke-width=\"3\"%s/>",
                        at(x), at(y - 4), color(i), i >= COLORS.size() ? " stroke-dasharray=\"3 2\"" : "");
                put("<text x=\"%s\" y=\"%s\">%s</text>", at(x + 16), at(y), escaped(series.get(i).name));
                x += widthOf(series.get(i));
            }
        }
        return top;
    }

    private static double widthOf(Series series) {
        return 16 + widthOf(series.name) + 10;
    }

    private static double widthOf(String text) {
        return text.chars().mapToDouble(letter -> Character.isUpperCase(letter) ? LARGE_LETTER : SMALL_LETTER).sum();
    }

    private static String color(int i) {
        return COLORS.get(i % COLORS.size());
    }

    private void put(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private static String at(double pixel) {
        return String.format(Locale.ROOT, "%.1f", pixel).replaceFirst("\\.0$", "");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    // -------------------------------------------------------------------------------------------------------- what is
    // drawn

    /** Chooses the server that is shown: what is a choice in Grafana. */
    private void choose(String wanted) throws IOException, InterruptedException {
        Json known = Json.parse(post("series", "match[]=" + URLEncoder.encode(EVERY_SERVER_HAS, UTF_8)));
        var servers = new TreeMap<String, String>();
        for (Json labels : known.list("data")) {
            servers.put(labels.text("instance"), labels.text("job"));
        }
        if (servers.isEmpty()) {
            throw new IOException("it knows of no zap server at that time");
        }
        if (wanted == null && servers.size() > 1) {
            throw new IllegalArgumentException("there are several servers, so say which: " + String.join(", ", servers.keySet()));
        }
        instance = wanted == null ? servers.firstKey() : wanted;
        job = servers.get(instance);
        if (job == null) {
            throw new IllegalArgumentException("there is no server " + wanted + ", but " + String.join(", ", servers.keySet()));
        }
    }

    /** Replaces the variables of a query, as Grafana does. */
    private String resolved(String expression) {
        return expression.replace("$__rate_interval", RATE_OVER).replace("$job", job).replace("$instance", instance);
    }

    private String post(String what, String fields) throws IOException, InterruptedException {
        String form = fields + "&start=" + from + "&end=" + to;
        HttpRequest request = HttpRequest.newBuilder(URI.create(prometheus + "/api/v1/" + what))
                .timeout(PATIENCE)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(response.statusCode() + " to " + form + ": " + response.body().strip());
        }
        return response.body();
    }

    private List<Series> ask(Json target) throws IOException, InterruptedException {
        String answer = post("query_range", "query=" + URLEncoder.encode(resolved(target.text("expr")), UTF_8) + "&step=" + step);
        var series = new ArrayList<Series>();
        for (Json result : Json.parse(answer).at("data").list("result")) {
            var values = new ArrayList<double[]>();
            for (Json value : result.list("values")) {
                double number = number(value.items().get(1).text());
                if (Double.isFinite(number)) {
                    values.add(new double[] {value.items().get(0).number(), number});
                }
            }
            if (!values.isEmpty()) {
                series.add(new Series(name(target.text("legendFormat"), result.at("metric")), values));
            }
        }
        return series;
    }

    private static double number(String said) {
        return switch (said) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(said);
        };
    }

    private static String name(String format, Json labels) {
        return LABEL.matcher(format).replaceAll(label -> {
            String name = label.group(1);
            return Matcher.quoteReplacement(labels.has(name) ? labels.text(name) : "");
        });
    }

    /** The scale at the left: from where to where, in which steps, in what unit. */
    private record Axis(double least, double most, double step, double scale, String unit) {

        private static final int STEPS = 4;

        static Axis of(String unit, DoubleStream values, double min, double softMin) {
            var found = values.summaryStatistics();
            double least = Double.isNaN(min) ? found.getMin() : min;
            least = Double.isNaN(softMin) ? least : Math.min(least, softMin);
            double most = found.getMax() > least ? found.getMax() : least + (least == 0 ? 1 : Math.abs(least) / 10);
            double size = Math.max(Math.abs(least), Math.abs(most));
            List<Map.Entry<String, Double>> scales = scales(unit);
            var shown = scales.reversed().stream()
                    .filter(one -> one.getValue() <= size)
                    .findFirst()
                    .orElse(scales.getFirst());
            double scale = shown.getValue();
            double step = niceStep((most - least) / scale / STEPS) * scale;
            return new Axis(Math.floor(least / step) * step, Math.ceil(most / step - 1e-9) * step, step, scale, shown.getKey());
        }

        /** Returns the scales of a unit, the smallest first. Only units of the dashboard are known. */
        private static List<Map.Entry<String, Double>> scales(String unit) {
            return switch (unit) {
                case "short" -> List.of(Map.entry("", 1.0), Map.entry("k", 1e3), Map.entry("M", 1e6), Map.entry("G", 1e9));
                case "ops" -> List.of(Map.entry("/s", 1.0), Map.entry("k/s", 1e3), Map.entry("M/s", 1e6));
                case "s" -> List.of(
                        Map.entry(" µs", 1e-6), Map.entry(" ms", 1e-3), Map.entry(" s", 1.0),
                        Map.entry(" min", 60.0), Map.entry(" h", 3600.0), Map.entry(" days", 86_400.0));
                case "bytes" -> List.of(
                        Map.entry(" B", 1.0), Map.entry(" KiB", 0x1p10), Map.entry(" MiB", 0x1p20),
                        Map.entry(" GiB", 0x1p30), Map.entry(" TiB", 0x1p40));
                case "percentunit" -> List.of(Map.entry("%", 0.01));
                default -> throw new IllegalArgumentException("It is not known how to show the unit \"" + unit + "\"");
            };
        }

        /** The next larger of 1, 2, 5, 10, 20, 50 … */
        private static double niceStep(double rough) {
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            for (int nice : List.of(1, 2, 5)) {
                if (nice * power >= rough * 0.999) {
                    return nice * power;
                }
            }
            return 10 * power;
        }

        DoubleStream ticks() {
            return DoubleStream.iterate(0, i -> i + 1)
                    .limit(Math.round((most - least) / step) + 1)
                    .map(i -> least + i * step)
                    .map(tick -> Math.abs(tick) < step / 1e6 ? 0 : tick);
        }

        String named(double tick) {
            return tick == 0 ? "0" : String.format(Locale.ROOT, "%.3f", tick / scale).replaceFirst("\\.?0+$", "") + unit;
        }

        double y(double value, Box plot) {
            return plot.bottom() - (value - least) / (most - least) * plot.height;
        }
    }

    // -----------------------------------------------------------------------------------------------------------------
    // JSON

    /** A value of JSON. A request for a missing part throws {@link IllegalArgumentException}. */
    private record Json(Object value) {

        static Json parse(String text) {
            return new Json(new Reader(text).whole());
        }

        boolean has(String name) {
            return ((Map<?, ?>) value).containsKey(name);
        }

        Json at(String name) {
            if (!(value instanceof Map<?, ?> map) || !map.containsKey(name)) {
                throw new IllegalArgumentException("There is no \"" + name + "\" in " + value);
            }
            return new Json(map.get(name));
        }

        String text(String name) {
            return at(name).text();
        }

        double number(String name) {
            return at(name).number();
        }

        List<Json> list(String name) {
            return at(name).items();
        }

        String text() {
            return (String) value;
        }

        double number() {
            return (Double) value;
        }

        List<Json> items() {
            return ((List<?>) value).stream().map(Json::new).toList();
        }
    }

    /** Reads JSON into maps, lists, strings, doubles, booleans and null: the JDK has nothing that does. */
    private static final class Reader {

        private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?");

        private final String text;
        private int next;

        Reader(String text) {
            this.text = text;
        }

        Object whole() {
            Object value = value();
            blanks();
            if (next < text.length()) {
                throw wrong();
            }
            return value;
        }

        private Object value() {
            blanks();
            if (take("{")) {
                return members();
            }
            if (take("[")) {
                return items();
            }
            if (take("\"")) {
                return string();
            }
            if (take("true")) {
                return true;
            }
            if (take("false")) {
                return false;
            }
            if (take("null")) {
                return null;
            }
            var number = NUMBER.matcher(text).region(next, text.length());
            if (!number.lookingAt()) {
                throw wrong();
            }
            next = number.end();
            return Double.valueOf(number.group());
        }

        private Map<String, Object> members() {
            var members = new LinkedHashMap<String, Object>();
            blanks();
            if (take("}")) {
                return members;
            }
            do {
                blanks();
                expect("\"");
                String name = string();
                blanks();
                expect(":");
                members.put(name, value());
                blanks();
            } while (take(","));
            expect("}");
            return members;
        }

        private List<Object> items() {
            var items = new ArrayList<Object>();
            blanks();
            if (take("]")) {
                return items;
            }
            do {
                items.add(value());
                blanks();
            } while (take(","));
            expect("]");
            return items;
        }

        private String string() {
            var string = new StringBuilder();
            while (!take("\"")) {
                if (!take("\\")) {
                    string.append(character());
                    continue;
                }
                char escape = character();
                switch (escape) {
                    case 'n' -> string.append('\n');
                    case 't' -> string.append('\t');
                    case 'r' -> string.append('\r');
                    case 'b' -> string.append('\b');
                    case 'f' -> string.append('\f');
                    case 'u' -> string.append((char) Integer.parseInt("" + character() + character() + character() + character(), 16));
                    default -> string.append(escape);
                }
            }
            return string.toString();
        }

        private char character() {
            if (next == text.length()) {
                throw wrong();
            }
            return text.charAt(next++);
        }

        private void blanks() {
            while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
                next++;
            }
        }

        private boolean take(String expected) {
            if (!text.startsWith(expected, next)) {
                return false;
            }
            next += expected.length();
            return true;
        }

        private void expect(String expected) {
            if (!take(expected)) {
                throw wrong();
            }
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException(
                    "This is no JSON, at character " + next + ": " + text.substring(0, Math.min(80, text.length())));
        }
    }
}
