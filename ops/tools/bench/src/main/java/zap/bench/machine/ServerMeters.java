package zap.bench.machine;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The meters that the server shows at its actuator, in the format of Prometheus. */
public final class ServerMeters implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Pattern BATCH_BUCKET =
            Pattern.compile("zap_writer_batch_size_writes_bucket\\{.*le=\"([^\"]+)\".*}");
    private static final Pattern LINE = Pattern.compile("([a-zA-Z_:][^ {]*(?:\\{.*})?) (\\S+).*");

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final List<URI> pages;

    /** @param actuator where the actuator is, as {@code http://127.0.0.1:7780}; null when there is none */
    public ServerMeters(@Nullable URI actuator) {
        this(actuator == null ? List.<URI>of() : List.of(actuator));
    }

    private ServerMeters(List<URI> actuators) {
        this.pages = actuators.stream()
                .map(actuator -> actuator.resolve("/actuator/prometheus"))
                .toList();
    }

    /** Returns the meters of several nodes, each the sum over them. */
    public static ServerMeters ofNodes(List<URI> actuators) {
        return new ServerMeters(actuators);
    }

    /** All meters as they are now, by their names with tags; none when they cannot be had. */
    public Map<String, Double> read() {
        var sums = new HashMap<String, Double>();
        pages.forEach(page -> read(page).forEach((name, value) -> sums.merge(name, value, Double::sum)));
        return sums;
    }

    private Map<String, Double> read(URI page) {
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(page).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200 ? parse(answer.body()) : Map.of();
        } catch (IOException e) {
            return Map.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Map.of();
        }
    }

    /** Reads the text of Prometheus' format: each line's value by its name with tags. */
    public static Map<String, Double> parse(String text) {
        var meters = new HashMap<String, Double>();
        for (String line : text.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!line.startsWith("#") && matcher.matches()) {
                try {
                    meters.put(
                            matcher.group(1),
                            Double.parseDouble(matcher.group(2).replace("+Inf", "Infinity")));
                } catch (NumberFormatException e) {
                    // A line that means nothing to us is not a measurement.
                }
            }
        }
        return meters;
    }

    /**
     * Counts the commits between two readings by size: the upper end of each range of sizes, and the commits in that
     * range.
     */
    public static SortedMap<Double, Double> batchSizes(Map<String, Double> before, Map<String, Double> after) {
        var cumulative = new TreeMap<Double, Double>();
        after.forEach((name, value) -> {
            Matcher bucket = BATCH_BUCKET.matcher(name);
            if (bucket.matches()) {
                double upTo = Double.parseDouble(bucket.group(1).replace("+Inf", "Infinity"));
                cumulative.put(upTo, value - before.getOrDefault(name, 0.0));
            }
        });
        var sizes = new TreeMap<Double, Double>();
        double below = 0;
        for (Map.Entry<Double, Double> entry : cumulative.entrySet()) {
            sizes.put(entry.getKey(), entry.getValue() - below);
            below = entry.getValue();
        }
        return sizes;
    }

    /** By how much a counter was raised between two readings. */
    public static double raised(String name, Map<String, Double> before, Map<String, Double> after) {
        return after.getOrDefault(name, 0.0) - before.getOrDefault(name, 0.0);
    }

    @Override
    public void close() {
        http.close();
    }
}
