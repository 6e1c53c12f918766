package zap.shell.command.runner;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.PosixTime;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.store.IncomingMessages;

/** A command fails when its answer was lost, and only messages that were written count as read. */
class LostOutputTest {

    @TempDir
    Path home;

    /** A disk with room for a number of bytes. */
    private static final class SmallDisk extends OutputStream {

        private final int room;
        private final ByteArrayOutputStream written = new ByteArrayOutputStream();

        SmallDisk(int room) {
            this.room = room;
        }

        @Override
        public void write(int b) throws IOException {
            if (written.size() == room) {
                throw new IOException("No space left on device");
            }
            written.write(b);
        }
    }

    @BeforeEach
    void profile() {
        ShellRun.profile(home);
    }

    private ShellRun intoFullDisk(int room, String... words) {
        return ShellRun.into(home, new SmallDisk(room), InputStream.nullInputStream(), words);
    }

    private int unread() {
        try (ShellContext shell = ShellRun.shellContext(home)) {
            return shell.client().messages().unreadCount();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read",
                "read --json",
                "read ana",
                "next",
                "next --json",
                "peek",
                "unread",
                "unread --count",
                "history ana",
                "history --json ana",
                "search tudo",
                "info #1",
                "whoami",
                "status",
                "status --json",
                "contact list",
                "contact list --json",
                "export ana",
                "identity show",
                "receipts",
                "help",
                "help send",
                "send --help",
                "version",
            })
    void aCommandWhoseAnswerIsLostFailsAndMarksNothing(String command) {
        ShellRun run = intoFullDisk(1, command.split(" ", -1));
        assertThat(run.status()).as(run.toString()).isEqualTo(ExitCode.NOT_WRITTEN.code());
        assertThat(run.err()).contains("standard output: No space left on device");
        assertThat(unread()).isEqualTo(2);
    }

    @Test
    void whenTheEndOfALongAnswerIsLostOnlyWhatWasWrittenIsMarked() {
        try (ShellContext shell = ShellRun.shellContext(home)) {
            for (int i = 0; i < 300; i++) {
                String text = IntStream.range(0, 20).mapToObj(Integer::toString).collect(joining(" "));
                new IncomingMessages(shell.client().database())
                        .add(
                                ShellRun.ANA.asAddress(),
                                ShellRun.ANA,
                                new PosixTime(1_800_000_002 + i),
                                text,
                                ShellRun.NOW,
                                1);
            }
        }
        var disk = new SmallDisk(20_000);
        ShellRun run = ShellRun.into(home, disk, InputStream.nullInputStream(), "read");
        assertThat(run.status()).isEqualTo(ExitCode.NOT_WRITTEN.code());
        long written = disk.written
                .toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(" 18 19"))
                .count();
        assertThat(written).isBetween(100L, 299L);
        assertThat(302L - unread()).isBetween(1L, written + 2);
    }

    @Test
    void whatWasWrittenIsMarked() {
        ShellRun run = ShellRun.of(home, "read");
        assertThat(run.out()).contains("olá", "tudo bem?");
        assertThat(unread()).isZero();
    }

    @Test
    void behindALostAnswerNoCommandOfTheSamePipeReads() {
        var input = new ByteArrayInputStream("whoami\nread\n".getBytes(StandardCharsets.UTF_8));
        ShellRun run = ShellRun.into(home, new SmallDisk(3), input);
        assertThat(run.status()).isEqualTo(ExitCode.NOT_WRITTEN.code());
        assertThat(unread()).isEqualTo(2);
    }

    @Test
    void aTroubleKeepsItsOwnCodeWhereTheAnswerBeforeItIsLost() {
        assertThat(intoFullDisk(0, "history", "nobody").status()).isEqualTo(ExitCode.NO_SUCH_PERSON.code());
    }

    @Test
    void anExportIsThereAsAWholeAndReadableByItsOwnerAlone() throws IOException {
        Path file = home.resolve("ana.txt");
        assertThat(ShellRun.of(home, "export", "ana", file.toString()).out()).isEqualTo("Written to " + file + "\n");
        assertThat(file).content().contains("olá", "tudo bem?");
        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        assertThat(besideProfile()).containsExactly("ana.txt");
    }

    @Test
    void aFileThatCannotBeWrittenLeavesNothingAndTheNextTryIsFree() throws IOException {
        Path file = home.resolve("ana.txt");
        try (ShellContext shell = ShellRun.shellContext(home)) {
            assertThat(catchThrowableOfType(
                            RefusedCommandException.class,
                            () -> shell.write(file, out -> {
                                out.println("the beginning");
                                throw new AnswerStream.UnwrittenException(
                                        new IOException("No space left on device"), false);
                            })))
                    .hasMessage(file + " cannot be written: No space left on device")
                    .extracting(RefusedCommandException::exitCode)
                    .isEqualTo(ExitCode.BAD_DATA);
            assertThat(besideProfile()).isEmpty();
            shell.write(file, out -> out.print("all of it"));
            assertThat(file).hasContent("all of it");
        }
    }

    @Test
    void aFileThatAppearsMeanwhileIsNotReplaced() throws IOException {
        Path file = home.resolve("ana.txt");
        try (ShellContext shell = ShellRun.shellContext(home)) {
            assertThat(catchThrowableOfType(
                            RefusedCommandException.class,
                            () -> shell.write(file, out -> {
                                out.print("ours");
                                try {
                                    Files.writeString(file, "theirs");
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            })))
                    .hasMessageContaining("already exists");
        }
        assertThat(file).hasContent("theirs");
        assertThat(besideProfile()).containsExactly("ana.txt");
    }

    @Test
    void aFolderThatIsNotThereIsSaidInWordsForEveryExport() throws IOException {
        Path passphrase = Files.writeString(home.resolve("passphrase"), "correct horse\n");
        String file = home.resolve("nowhere/file").toString();
        for (List<String> words : List.of(
                List.of("export", "ana", file),
                List.of("identity", "export", "--passphrase-file", passphrase.toString(), file),
                List.of("profile", "export", "--passphrase-file", passphrase.toString(), file))) {
            ShellRun run = ShellRun.of(home, words.toArray(String[]::new));
            assertThat(run.status()).as(words.toString()).isEqualTo(ExitCode.BAD_DATA.code());
            assertThat(run.err()).isEqualTo(file + " cannot be written: no such file or folder\n");
        }
    }

    private List<String> besideProfile() throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(ShellRun.PROFILE))
                    .toList();
        }
    }
}
