package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Compares {@code ops/tools/wireshark} with the code: the table in the dissector, and the capture beside it.
 *
 * <p>With {@code -Dzap.wireshark.write=true} it writes both instead. {@code DissectorIT} runs the dissector.
 */
class DissectorTest {

    private static final String BEGIN = "-- begin of the table\n";
    private static final String END = "-- end of the table\n";
    private static final boolean WRITES = Boolean.getBoolean("zap.wireshark.write");
    private static final String WRITE_THEM =
            "run this test with -Dzap.wireshark.write=true, which writes it, and commit the result";

    @Test
    void theDissectorHasTheTableOfFrames() throws IOException {
        Path file = folder().resolve("zap.lua");
        String script = Files.readString(file);
        int from = script.indexOf(BEGIN) + BEGIN.length();
        int to = script.indexOf(END);
        assertThat(from).as("the marks around the table").isBetween(BEGIN.length(), to);
        String table = table();
        if (WRITES) {
            script = script.substring(0, from) + table + script.substring(to);
            Files.writeString(file, script);
        }
        assertThat(script.substring(from, script.indexOf(END))).as(WRITE_THEM).isEqualTo(table);
    }

    @Test
    void theCaptureIsTheConversationOfTheGoldenFrames() throws IOException {
        Path file = folder().resolve("conversation.pcap");
        byte[] capture = ConversationCapture.ofEverything().bytes();
        if (WRITES) {
            Files.write(file, capture);
        }
        assertThat(Files.readAllBytes(file)).as(WRITE_THEM).isEqualTo(capture);
    }

    @Test
    void theCaptureHasEveryFrame() {
        Set<FrameType> types = ConversationCapture.ofEverything().frames().values().stream()
                .flatMap(List::stream)
                .map(ConversationCapture.Expected::type)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(FrameType.class)));
        assertThat(types).containsExactly(FrameType.values());
    }

    /** Every golden frame that can stand in this conversation does: the capture shows the agreed bytes. */
    @Test
    void theCaptureHoldsTheBytesOfTheGoldenFrames() {
        String capture = new String(ConversationCapture.ofEverything().bytes(), StandardCharsets.ISO_8859_1);
        for (String name : List.of("06-deliver", "07-delivered", "10-create-group", "33-resume", "39-refused")) {
            assertThat(capture)
                    .as(name)
                    .contains(new String(GoldenFrame.named(name).bytes(), StandardCharsets.ISO_8859_1));
        }
    }

    /** Returns {@code ops/tools/wireshark}. */
    static Path folder() {
        return Path.of(System.getProperty("zap.root", "..")).resolve("ops/tools/wireshark");
    }

    private static String table() {
        var table = new StringBuilder("local FRAMES = {\n");
        for (FrameType type : FrameType.values()) {
            table.append("    [\"%s\"] = { name = \"%s\", wire = \"%s\", from = \"%s\", fields = {"
                    .formatted(type.code(), type.title(), lower(type.wire()), lower(type.sender())));
            for (FrameType.Field field : type.fields()) {
                table.append("\n        { \"%s\", \"%s\", %s },"
                        .formatted(field.name(), lower(field.kind()), field.width()));
            }
            table.append(type.fields().isEmpty() ? "} },\n" : "\n    } },\n");
        }
        table.append("}\nlocal REASONS = {\n");
        table.append(Stream.of(Reason.values())
                .map(reason -> String.format(
                        Locale.ROOT,
                        "    [\"%03d\"] = { \"%s\", \"%s\" },\n",
                        reason.code(),
                        reason.name(),
                        reason.sentence()))
                .collect(Collectors.joining()));
        return table.append("}\n").toString();
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
