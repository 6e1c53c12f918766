package zap.protocol;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * One agreed frame, from {@code src/test/resources/golden}: each line is a field's name and its characters between
 * bars, in the order of the wire. A blank is drawn as {@code ·}, a line feed as {@code ␊}.
 */
record GoldenFrame(String name, List<Field> fields) {

    record Field(String name, String characters) {}

    /** Returns all golden frames. */
    static List<GoldenFrame> all() {
        URL folder = Objects.requireNonNull(GoldenFrame.class.getResource("/golden"));
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.sorted().map(GoldenFrame::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static GoldenFrame named(String name) {
        return all().stream()
                .filter(golden -> golden.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static GoldenFrame read(Path file) {
        try {
            List<Field> fields = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (!line.startsWith("#")) {
                    int bar = line.indexOf('|');
                    String characters = line.substring(bar + 1, line.length() - 1);
                    fields.add(new Field(
                            line.substring(0, bar).strip(),
                            characters.replace('·', ' ').replace('␊', '\n')));
                }
            }
            return new GoldenFrame(file.getFileName().toString().replace(".frame", ""), fields);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] bytes() {
        StringBuilder characters = new StringBuilder();
        fields.forEach(field -> characters.append(field.characters()));
        return characters.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return name;
    }
}
