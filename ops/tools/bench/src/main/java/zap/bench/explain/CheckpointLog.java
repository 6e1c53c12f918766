package zap.bench.explain;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The checkpoints in the logs of PostgreSQL, which writes two lines for each ({@code log_checkpoints}). */
final class CheckpointLog {

    private static final Pattern LINE =
            Pattern.compile("(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}) UTC \\[\\d+] LOG: +(.*)");
    private static final Pattern STARTING = Pattern.compile("checkpoint starting: (.*)");
    private static final Pattern COMPLETE = Pattern.compile(
            "checkpoint complete: wrote (\\d+) buffers.*" + "write=([0-9.]+) s, sync=([0-9.]+) s, total=([0-9.]+) s.*");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);
    private static final double NANOS = 1e9;

    private CheckpointLog() {}

    /** Reads all logs of a folder. */
    static List<Disturbance> read(Path folder, WallClock wall) throws IOException {
        var checkpoints = new ArrayList<Disturbance>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.log")) {
            for (Path file : files) {
                checkpoints.addAll(parse(Files.readString(file, StandardCharsets.ISO_8859_1), wall));
            }
        }
        return checkpoints;
    }

    /** Returns the checkpoints of a log. One that has not ended lasts until the end of time. */
    static List<Disturbance> parse(String log, WallClock wall) {
        var checkpoints = new ArrayList<Disturbance>();
        @Nullable Long started = null;
        String reason = "";
        for (String line : log.lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            Matcher starting = STARTING.matcher(matcher.group(2));
            Matcher complete = COMPLETE.matcher(matcher.group(2));
            if (starting.matches()) {
                started = timeOf(matcher.group(1), wall);
                reason = starting.group(1);
            } else if (complete.matches() && started != null) {
                long total = Math.round(Double.parseDouble(complete.group(4)) * NANOS);
                checkpoints.add(new Disturbance(
                        started,
                        started + total,
                        "%s, %s buffers, write %s s, sync %s s"
                                .formatted(reason, complete.group(1), complete.group(2), complete.group(3))));
                started = null;
            }
        }
        if (started != null) {
            checkpoints.add(new Disturbance(started, Long.MAX_VALUE, reason + ", not complete yet"));
        }
        return checkpoints;
    }

    private static @Nullable Long timeOf(String text, WallClock wall) {
        try {
            Instant time = LocalDateTime.parse(text, TIME).toInstant(ZoneOffset.UTC);
            return wall.toNanoTime(time);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
