package zap.watch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import zap.protocol.FrameType;

/**
 * A golden frame of {@code zap-protocol}, and the 04 that only short frames have: the values of its fields as they
 * stand on the wire.
 */
record WatchedFrame(String name, FrameType type, List<String> values) {

    private static final Path GOLDEN = Path.of("../../../zap-protocol/src/test/resources/golden");

    static List<WatchedFrame> all() {
        var all = new ArrayList<WatchedFrame>();
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path file : files.sorted().toList()) {
                all.add(read(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        all.add(new WatchedFrame("04-connected", FrameType.CONNECTED, List.of("1000000000017")));
        return all;
    }

    private static WatchedFrame read(Path file) throws IOException {
        var values = new ArrayList<String>();
        String before = "";
        for (String line : Files.readAllLines(file)) {
            if (!line.startsWith("#") && !line.startsWith("code")) {
                String characters = line.substring(line.indexOf('|') + 1, line.length() - 1);
                String value = characters.replace('·', ' ').replace('␊', '\n');
                String field = line.substring(0, line.indexOf('|'));
                // Members have a line each, and are one field.
                if (field.equals(before)) {
                    values.set(values.size() - 1, values.getLast() + value);
                } else {
                    values.add(value);
                }
                before = field;
            }
        }
        String name = file.getFileName().toString().replace(".frame", "");
        FrameType type = FrameType.ofCode(Integer.parseInt(name.substring(0, 2)));
        if (type == null) {
            throw new IllegalStateException(name);
        }
        return new WatchedFrame(name, type, values);
    }

    Side from() {
        return type.sender() == FrameType.Sender.SERVER ? Side.SERVER : Side.CLIENT;
    }

    byte[] bytes() {
        return (type.code() + String.join("", values)).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the frame as a program sends it that does not pad. */
    byte[] shortBytes() {
        return (type.code() + String.join("", values)).stripTrailing().getBytes(StandardCharsets.UTF_8);
    }

    boolean hasShortForm() {
        return type.wire() != FrameType.Wire.FULL_WIDTH_ONLY;
    }

    @Override
    public String toString() {
        return name;
    }
}
