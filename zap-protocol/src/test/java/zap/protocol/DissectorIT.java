package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs {@code ops/tools/wireshark/zap.lua} in tshark over the capture beside it, and compares what it shows with what
 * was written. Where tshark is not installed, or runs no Lua because it was started by root, the tests are skipped.
 */
class DissectorIT {

    private static final String SEPARATOR = "\u001f";

    @TempDir
    private Path folder;

    @Test
    void everyFieldOfEveryFrameIsFound() throws Exception {
        Set<String> names = Stream.of(FrameType.values())
                .flatMap(type -> type.fields().stream())
                .map(DissectorIT::filter)
                .collect(Collectors.toSet());
        List<String> columns = new ArrayList<>(names);
        columns.addFirst("zap.code");
        Map<Integer, Map<String, List<String>>> shown = dissect(columns);
        Map<Integer, Map<String, List<String>>> written = new TreeMap<>();
        ConversationCapture.ofEverything().frames().forEach((packet, frames) -> {
            Map<String, List<String>> values = new LinkedHashMap<>();
            for (ConversationCapture.Expected frame : frames) {
                add(values, "zap.code", frame.type().code());
                for (FrameType.Field field : frame.type().fields()) {
                    for (String value : frame.values().get(field.name())) {
                        add(values, filter(field), shownAs(field, value));
                    }
                }
            }
            written.put(packet, values);
        });
        // A packet that holds no frame has no code.
        shown.values().removeIf(values -> !values.containsKey("zap.code"));
        assertThat(shown.keySet()).containsExactlyInAnyOrderElementsOf(written.keySet());
        written.forEach((packet, values) ->
                assertThat(shown.get(packet)).as("packet " + packet).containsExactlyInAnyOrderEntriesOf(values));
    }

    @Test
    void requestsAreLinkedWithTheirAnswers() throws Exception {
        Map<Integer, Map<String, List<String>>> shown = dissect(List.of(
                "zap.code",
                "zap.request_in",
                "zap.response_in",
                "zap.sent_in",
                "zap.delivered_in",
                "zap.receipt_in",
                "zap.receipt_for",
                "zap.accepted_in",
                "zap.refused_in",
                "zap.received_in"));
        assertThat(links(shown, "zap.request_in"))
                .contains("02 to 01", "04 to 03", "11 to 10", "31 to 30", "34 to 33", "02 to 32", "38 to 38");
        assertThat(links(shown, "zap.response_in")).contains("01 to 02", "10 to 11", "30 to 31", "33 to 34");
        assertThat(links(shown, "zap.delivered_in")).contains("05 to 06");
        assertThat(links(shown, "zap.sent_in")).contains("06 to 05");
        assertThat(links(shown, "zap.receipt_in")).contains("05 to 07", "08 to 09");
        assertThat(links(shown, "zap.receipt_for")).contains("07 to 05", "09 to 08");
        assertThat(links(shown, "zap.accepted_in")).containsExactly("36 to 35");
        assertThat(links(shown, "zap.refused_in")).containsExactly("05 to 39");
        assertThat(links(shown, "zap.received_in")).containsExactly("36 to 37");
    }

    @Test
    void eachMistakeHasAnExpertItemOfItsOwn() throws Exception {
        List<String> messages = new ArrayList<>();
        dissect(List.of("_ws.expert.message"))
                .values()
                .forEach(values -> messages.addAll(values.getOrDefault("_ws.expert.message", List.of())));
        assertThat(messages)
                .contains(
                        "Neither 01 and its answer nor 03 came before this frame",
                        "It names 1000000000999, and this session is 1000000000017",
                        "Only a server sends 06",
                        "U+0000 in a text: a server refuses it",
                        "05 send, byte 36 of 38: timestamp: something else where a digit belongs",
                        "byte 0 of 18: no frame has this code",
                        "No message of this sender's in this capture has this second: is it the server's clock?",
                        "UNKNOWN_CLIENT: Nobody has this number.")
                .anyMatch(message -> message.startsWith("It shares its segment with the frame before it"))
                .anyMatch(message -> message.startsWith("It came in several segments"))
                .anyMatch(message -> message.startsWith("No delivery of this message was seen before this receipt"))
                .noneMatch(message -> message.contains("Lua Error"));
    }

    @Test
    void theFirstPassOfTwoNeedsNoFilter() throws Exception {
        // Without a filter, tshark builds no tree in the first pass, and then no field of TCP exists.
        Map<Integer, Map<String, List<String>>> filtered = dissect(List.of("zap.session", "_ws.expert.message"));
        Map<Integer, Map<String, List<String>>> all = dissect(List.of("zap.session", "_ws.expert.message"), List.of());
        filtered.forEach((packet, values) -> {
            assertThat(all.get(packet).get("zap.session")).isEqualTo(values.get("zap.session"));
            assertThat(values.getOrDefault("_ws.expert.message", List.of()))
                    .containsAll(all.get(packet).getOrDefault("_ws.expert.message", List.of()));
        });
    }

    /** Returns the links of this name as pairs of codes, for packets with one frame. */
    private static Set<String> links(Map<Integer, Map<String, List<String>>> shown, String name) {
        return shown.values().stream()
                .filter(values -> values.containsKey(name))
                .map(values -> values.get("zap.code").getFirst() + " to "
                        + shown.get(Integer.parseInt(values.get(name).getFirst()))
                                .get("zap.code")
                                .getFirst())
                .collect(Collectors.toSet());
    }

    private static void add(Map<String, List<String>> values, String name, String value) {
        if (!value.isEmpty()) {
            values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
        }
    }

    private static String filter(FrameType.Field field) {
        return switch (field.kind()) {
            case TEXT -> "zap.text";
            case MEMBERS -> "zap.member";
            default -> "zap." + field.name().replace(' ', '_');
        };
    }

    /** Returns the value in tshark's words: a number has no zeros in front, and U+0000 is drawn. */
    private static String shownAs(FrameType.Field field, String value) {
        return switch (field.kind()) {
            case TIME, COUNT -> String.valueOf(Long.parseLong(value));
            case TEXT -> value.replace('\0', '\u2400');
            default -> value;
        };
    }

    /** Returns for each packet of the protocol the columns that are not empty, each with all its values. */
    private Map<Integer, Map<String, List<String>>> dissect(List<String> columns) throws Exception {
        return dissect(columns, List.of("-Y", "zap || zap_short"));
    }

    private Map<Integer, Map<String, List<String>>> dissect(List<String> columns, List<String> filter)
            throws Exception {
        Path script = DissectorTest.folder().resolve("zap.lua").toAbsolutePath().normalize();
        List<String> command = new ArrayList<>(List.of("tshark", "-X", "lua_script:" + script));
        command.addAll(List.of("-n", "-2"));
        command.addAll(filter);
        command.add("-r");
        command.add(DissectorTest.folder()
                .resolve("conversation.pcap")
                .toAbsolutePath()
                .normalize()
                .toString());
        command.addAll(List.of("-T", "fields", "-E", "separator=/t", "-E", "aggregator=" + SEPARATOR));
        command.addAll(List.of("-e", "frame.number"));
        columns.forEach(column -> command.addAll(List.of("-e", column)));
        Run run = run(command);
        assumeTrue(
                !isRoot() || run.status == 0 || run.errors.contains("Lua:") || !run.errors.contains("zap"),
                "tshark was started by root and runs no Lua then: the dissector was not run");
        assertThat(run.status).as(String.join("\n", run.lines) + run.errors).isZero();
        assertThat(run.errors).doesNotContain("Lua");
        Map<Integer, Map<String, List<String>>> packets = new TreeMap<>();
        for (String line : run.lines) {
            String[] cells = line.split("\t", -1);
            Map<String, List<String>> values = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                if (!cells[i + 1].isEmpty()) {
                    values.put(columns.get(i), List.of(cells[i + 1].split(SEPARATOR)));
                }
            }
            packets.put(Integer.parseInt(cells[0]), values);
        }
        return packets;
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private record Run(int status, List<String> lines, String errors) {}

    private Run run(List<String> command) throws InterruptedException, IOException {
        Path out = folder.resolve("out.txt");
        Path errors = folder.resolve("errors.txt");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(errors.toFile())
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "tshark is not installed: the dissector was not run (" + e.getMessage() + ")");
            throw e;
        }
        int status = process.waitFor();
        return new Run(status, Files.readAllLines(out), Files.readString(errors));
    }
}
