package zap.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.watch.SavedWire.Ending;
import zap.watch.WireEvent.Kind;

/** Recordings: what is written comes back, and damage is found at its place. */
class SavedWireTest {

    private static final List<WireEvent> EVENTS = List.of(
            WireEvent.of(1_795_372_030_000_000L, 0, Kind.LISTENING, "127.0.0.1:1 → host:2"),
            WireEvent.of(1_795_372_030_000_001L, 1, Kind.OPENED, "127.0.0.1:9"),
            new WireEvent(1_795_372_030_000_002L, 1, Kind.CLIENT_BYTES, "01".getBytes(UTF_8)),
            new WireEvent(1_795_372_030_000_003L, 1, Kind.SERVER_BYTES, new byte[] {0, -1, 27, 10}),
            WireEvent.of(1_795_372_030_000_004L, 1, Kind.CLIENT_ENDED, ""),
            WireEvent.of(1_795_372_030_000_005L, 1, Kind.SERVER_RESET, ""),
            WireEvent.of(1_795_372_030_000_006L, 1, Kind.CLOSED, ""));

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("recording");
        try (var writer = new SavedWire.Writer(file)) {
            for (WireEvent event : EVENTS) {
                writer.write(event);
            }
        }
    }

    private record Result(SavedWire.Read read, List<String> events) {}

    private static String shown(WireEvent event) {
        return event.micros() + " " + event.connection() + " " + event.kind() + " " + Arrays.toString(event.payload());
    }

    private static Result read(Path file) throws IOException {
        var events = new ArrayList<String>();
        return new Result(SavedWire.read(file, event -> events.add(shown(event))), events);
    }

    @Test
    void whatIsWrittenComesBack() throws IOException {
        Result result = read(file);
        assertThat(result.read()).isEqualTo(new SavedWire.Read(Ending.COMPLETE, Files.size(file)));
        assertThat(result.events())
                .isEqualTo(EVENTS.stream().map(SavedWireTest::shown).toList());
    }

    @Test
    void eachKindHasACodeOfItsOwn() {
        for (Kind kind : Kind.values()) {
            assertThat(Kind.ofCode(kind.code())).isEqualTo(kind);
        }
        assertThat(Kind.ofCode((byte) 'Z')).as("the last record").isNull();
    }

    @Test
    void aFileCutAnywhereGivesAllBeforeTheCut() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        int open = 0;
        for (int length = 0; length < whole.length; length++) {
            Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
            Result result = read(cut);
            List<String> events = result.events();
            assertThat(events)
                    .isEqualTo(EVENTS.subList(0, events.size()).stream()
                            .map(SavedWireTest::shown)
                            .toList());
            if (result.read() == null) {
                assertThat(length).isLessThan(22);
            } else if (result.read().ending() == Ending.OPEN) {
                open++;
                assertThat(result.read().at()).isEqualTo(length);
            } else {
                assertThat(result.read().ending()).as("%d bytes", length).isEqualTo(Ending.CUT);
            }
        }
        assertThat(open).as("ends of records").isEqualTo(EVENTS.size() + 1);
    }

    @Test
    void aChangedByteIsFoundAndWhatIsBeforeItShown() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 0x10;
            Result result = read(Files.write(folder.resolve("changed"), changed));
            assertThat(result.events())
                    .isEqualTo(EVENTS.subList(0, result.events().size()).stream()
                            .map(SavedWireTest::shown)
                            .toList());
            if (result.read() != null) {
                assertThat(result.read().ending()).as("byte %d", at).isIn(Ending.DAMAGED, Ending.CUT);
                assertThat(result.read().at()).isLessThanOrEqualTo(at);
            } else {
                assertThat(at).isLessThan(22);
            }
        }
    }

    @Test
    void bytesBehindTheEndAreDamage() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Path longer = Files.write(folder.resolve("longer"), Arrays.copyOf(whole, whole.length + 1));
        assertThat(read(longer).read().ending()).isEqualTo(Ending.DAMAGED);
    }

    @Test
    void aRecordingIsNeverOverwrittenAndItsOwnersAlone() throws IOException {
        assertThatThrownBy(() -> new SavedWire.Writer(file)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(read(file).read().ending()).isEqualTo(Ending.COMPLETE);
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
    }
}
