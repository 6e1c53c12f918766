package zap.shell.move;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;
import zap.shell.move.ProfileFileException.Fault;
import zap.shell.store.ProfileDatabase;

class ProfileFileTest {

    /** Few iterations, to keep the test fast. The real number has a test of its own. */
    private static final int FEW = 10;

    private static final int CHUNK = ChunkCipher.CHUNK_BYTES;
    private static final int ENCRYPTED_CHUNK = CHUNK + ChunkCipher.TAG_BYTES;
    private static final String PASSPHRASE = "correct horse";
    private static final ProfileOrigin ORIGIN = new ProfileOrigin(
            ClientId.parse("1000000000001"),
            "zaps://chat.example:7779",
            ProfileDatabase.SCHEMA,
            Instant.parse("2027-01-31T10:20:30.456Z"),
            "default",
            "old-computer");

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void file() throws IOException {
        file = Files.createFile(folder.resolve("ana.zap"));
    }

    /** Returns incompressible bytes, so that their size decides how many chunks there are. */
    private static byte[] noise(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private byte[] write(Map<String, byte[]> parts) throws IOException {
        var paths = new TreeMap<String, Path>();
        for (Map.Entry<String, byte[]> part : parts.entrySet()) {
            paths.put(part.getKey(), Files.write(folder.resolve("part-" + part.getKey()), part.getValue()));
        }
        ProfileFile.write(file, ORIGIN, PassphraseKeys.fresh(PASSPHRASE.toCharArray(), FEW), paths);
        return Files.readAllBytes(file);
    }

    private Map<String, byte[]> read(String passphrase) throws IOException {
        var parts = new TreeMap<String, ByteArrayOutputStream>();
        ProfileFile exported = ProfileFile.open(file);
        exported.read(exported.keys(passphrase.toCharArray()), name -> {
            var out = new ByteArrayOutputStream();
            parts.put(name, out);
            return out;
        });
        var bytes = new TreeMap<String, byte[]>();
        parts.forEach((name, out) -> bytes.put(name, out.toByteArray()));
        return bytes;
    }

    private Fault faultOf(byte[] content) throws IOException {
        return faultOf(content, PASSPHRASE);
    }

    private Fault faultOf(byte[] content, String passphrase) throws IOException {
        Files.write(file, content);
        try {
            read(passphrase);
        } catch (ProfileFileException e) {
            return e.fault();
        }
        throw new AssertionError("it was read");
    }

    private static int headerLength(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1).indexOf("\n\n") + 2;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, CHUNK - 200, CHUNK, CHUNK + 1, 2 * CHUNK, 5_000_000})
    void whatWasWrittenIsRead(int size) throws IOException {
        byte[] store = noise(size);
        byte[] commands = "1800000000000:history ana\n".getBytes(UTF_8);
        write(Map.of("zap.db", store, "commands", commands));
        assertThat(read(PASSPHRASE)).containsOnlyKeys("commands", "zap.db");
        assertThat(read(PASSPHRASE).get("zap.db")).isEqualTo(store);
        assertThat(read(PASSPHRASE).get("commands")).isEqualTo(commands);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 7 * CHUNK})
    void everySizeOfContentComesBackFromItsChunks(int size) throws IOException {
        byte[] plain = noise(size);
        byte[] encrypted = encrypted(plain);
        int chunks = Math.max(1, (size + CHUNK - 1) / CHUNK);
        assertThat(encrypted).hasSize(size + chunks * ChunkCipher.TAG_BYTES);
        assertThat(decrypted(encrypted)).isEqualTo(plain);
    }

    private static ChunkCipher cipher() {
        return new ChunkCipher(new javax.crypto.spec.SecretKeySpec(new byte[32], "AES"), new byte[] {1, 2, 3});
    }

    private static byte[] encrypted(byte[] plain) throws IOException {
        var out = new ByteArrayOutputStream();
        var stream = new EncryptingStream(out, cipher());
        // In pieces that do not fit into chunks.
        for (int at = 0; at < plain.length; at += 10_007) {
            stream.write(plain, at, Math.min(10_007, plain.length - at));
        }
        stream.finish();
        return out.toByteArray();
    }

    private static byte[] decrypted(byte[] encrypted) throws IOException {
        try (InputStream in = new DecryptingStream(new ByteArrayInputStream(encrypted), encrypted.length, cipher())) {
            return in.readAllBytes();
        }
    }

    @Test
    void aStreamThatWasNotFinishedIsNotRead() throws IOException {
        var out = new ByteArrayOutputStream();
        var stream = new EncryptingStream(out, cipher());
        stream.write(noise(3 * CHUNK));
        byte[] unfinished = out.toByteArray();
        assertThat(unfinished).hasSize(2 * ENCRYPTED_CHUNK);
        assertThatThrownBy(() -> decrypted(unfinished)).isInstanceOf(ProfileFileException.class);
    }

    @Test
    void theHeaderSaysWhatItIsAndHoldsNoSecret() throws IOException {
        byte[] content = write(Map.of("zap.db", "a secret text".getBytes(UTF_8)));
        String header = new String(content, 0, headerLength(content), UTF_8);
        assertThat(header).startsWith("""
                        zap-profile: 1
                        zap-about: an encrypted profile of the messenger zap; it is read by: profile import FILE
                        zap-number: 1000000000001
                        zap-server: zaps://chat.example:7779
                        zap-schema: %s
                        zap-exported: 2027-01-31T10:20:30.456Z
                        zap-name: default
                        zap-host: old-computer
                        zap-key: PBKDF2-HMAC-SHA256 10 """.formatted(ProfileDatabase.SCHEMA));
        assertThat(ProfileFile.open(file).origin()).isEqualTo(ORIGIN);
        assertThat(new String(content, StandardCharsets.ISO_8859_1))
                .doesNotContain("a secret text")
                .doesNotContain(PASSPHRASE);
    }

    @Test
    void twoFilesOfTheSameProfileHaveNothingElseInCommon() throws IOException {
        byte[] one = write(Map.of("zap.db", noise(1000)));
        byte[] other = write(Map.of("zap.db", noise(1000)));
        assertThat(Arrays.copyOfRange(one, headerLength(one), one.length - 30))
                .isNotEqualTo(Arrays.copyOfRange(other, headerLength(other), other.length - 30));
    }

    @Test
    void guessingAPassphraseTakesManyRounds() {
        assertThat(PassphraseKeys.ITERATIONS).isGreaterThanOrEqualTo(600_000);
    }

    @Test
    void theWrongPassphraseOpensNothing() throws IOException {
        byte[] content = write(Map.of("zap.db", noise(1000)));
        assertThat(faultOf(content, "correct hors")).isEqualTo(Fault.WRONG_PASSPHRASE);
        assertThat(faultOf(content, "")).isEqualTo(Fault.WRONG_PASSPHRASE);
    }

    @Test
    void aPassphraseIsTheSameHoweverItsAccentsAreTyped() throws IOException {
        Path store = Files.write(folder.resolve("part"), noise(10));
        String composed = Normalizer.normalize("coração é 🔑!", Normalizer.Form.NFC);
        String decomposed = Normalizer.normalize(composed, Normalizer.Form.NFD);
        assertThat(composed).isNotEqualTo(decomposed);
        ProfileFile.write(file, ORIGIN, PassphraseKeys.fresh(decomposed.toCharArray(), FEW), Map.of("zap.db", store));
        assertThat(read(composed)).containsOnlyKeys("zap.db");
        assertThat(read(decomposed)).containsOnlyKeys("zap.db");
        assertThatThrownBy(() -> read("coracao e ?!")).isInstanceOf(ProfileFileException.class);
    }

    @Test
    void aByteThatIsChangedAnywhereIsNoticed() throws IOException {
        byte[] good = write(Map.of("zap.db", noise(2 * CHUNK + 500), "commands", noise(10)));
        int header = headerLength(good);
        for (int at = 0; at < good.length; at += at < header + 40 || at > good.length - 60 ? 1 : 1_009) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Fault fault = faultOf(bad);
            if (at >= header && at < good.length - 24) {
                assertThat(fault).as("byte %s", at).isEqualTo(Fault.DAMAGED);
            }
        }
    }

    @Test
    void damageOfTheHeaderIsNamedBeforeAPassphraseIsAskedFor() throws IOException {
        byte[] good = write(Map.of("zap.db", noise(10)));
        byte[] bad = new String(good, StandardCharsets.ISO_8859_1)
                .replace("chat.example", "evil.example")
                .getBytes(StandardCharsets.ISO_8859_1);
        Files.write(file, bad);
        assertFault(Fault.DAMAGED, () -> ProfileFile.open(file));
    }

    @Test
    void aHeaderThatWasForgedWithItsSumIsNoticedByTheFirstChunk() throws IOException {
        byte[] good = write(Map.of("zap.db", noise(10)));
        ProfileHeader header = ProfileHeader.parse(good);
        var forged = ProfileHeader.of(
                new ProfileOrigin(
                        ORIGIN.number(),
                        "evil.example:7777",
                        ORIGIN.schema(),
                        ORIGIN.exportedAt(),
                        ORIGIN.profile(),
                        ORIGIN.host()),
                header.keys());
        var out = new ByteArrayOutputStream();
        out.write(forged.bytes());
        out.write(good, header.bytes().length, good.length - header.bytes().length);
        assertThat(faultOf(out.toByteArray())).isEqualTo(Fault.DAMAGED);
    }

    @Test
    void aFileThatWasCutIsIncompleteWhereverItWasCut() throws IOException {
        byte[] good = write(Map.of("zap.db", noise(2 * CHUNK + 500)));
        int header = headerLength(good);
        for (int length = 1; length < good.length; length += length < header + 40 ? 1 : 4_999) {
            Files.write(file, Arrays.copyOf(good, length));
            assertFault(Fault.INCOMPLETE, () -> ProfileFile.open(file));
        }
    }

    @Test
    void chunksThatAreMissingRepeatedOrExchangedAreNoticedAlsoWithTheEndMark() throws IOException {
        byte[] good = write(Map.of("zap.db", noise(3 * CHUNK + 500)));
        int header = headerLength(good);
        int endMark = "\nzap-profile ends here.\n".length();
        byte[] head = Arrays.copyOf(good, header);
        byte[] end = Arrays.copyOfRange(good, good.length - endMark, good.length);
        byte[][] chunks = new byte[4][];
        for (int i = 0; i < chunks.length; i++) {
            int from = header + i * ENCRYPTED_CHUNK;
            chunks[i] = Arrays.copyOfRange(good, from, Math.min(from + ENCRYPTED_CHUNK, good.length - endMark));
        }
        int[][] plays = {{}, {0}, {0, 1}, {0, 1, 2}, {1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {1, 0, 2, 3}, {0, 1, 1, 2, 3}, {3}
        };
        for (int[] play : plays) {
            var out = new ByteArrayOutputStream();
            out.write(head);
            for (int chunk : play) {
                out.write(chunks[chunk]);
            }
            out.write(end);
            assertThat(faultOf(out.toByteArray())).as(Arrays.toString(play)).isEqualTo(Fault.DAMAGED);
        }
        Files.write(file, good);
        assertThat(read(PASSPHRASE)).containsOnlyKeys("zap.db");
    }

    @Test
    void whatIsSomethingElseIsNoProfile() throws IOException {
        for (String other :
                new String[] {"", "hello", "zap-identity: 1\nzap-number: 1000000000001\n", "zap-profile: x\n"}) {
            Files.writeString(file, other);
            assertFault(Fault.NOT_A_PROFILE, () -> ProfileFile.open(file));
        }
        Files.write(file, noise(100_000));
        assertFault(Fault.NOT_A_PROFILE, () -> ProfileFile.open(file));
    }

    @Test
    void whatANewerZapHasWrittenIsRefusedAsThat() throws IOException {
        byte[] good = write(Map.of("zap.db", noise(10)));
        String text = new String(good, StandardCharsets.ISO_8859_1);
        Files.writeString(file, text.replaceFirst("zap-profile: 1\n", "zap-profile: 2\n"), StandardCharsets.ISO_8859_1);
        assertFault(Fault.NEWER, () -> ProfileFile.open(file));

        var newer = new ProfileOrigin(
                ORIGIN.number(),
                ORIGIN.server(),
                ProfileDatabase.SCHEMA + 1,
                ORIGIN.exportedAt(),
                ORIGIN.profile(),
                ORIGIN.host());
        ProfileFile.write(file, newer, PassphraseKeys.fresh(PASSPHRASE.toCharArray(), FEW), Map.of());
        assertFault(Fault.NEWER, () -> ProfileFile.open(file));
    }

    @Test
    void aReceiverThatFailsEndsTheReading() throws IOException {
        write(Map.of("zap.db", noise(10)));
        ProfileFile exported = ProfileFile.open(file);
        PassphraseKeys keys = exported.keys(PASSPHRASE.toCharArray());
        assertThatThrownBy(() -> exported.read(keys, name -> new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("the disk is full");
                    }
                }))
                .hasMessage("the disk is full");
    }

    private static void assertFault(Fault fault, ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProfileFileException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }
}
