package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A disk of a few hundred megabytes that can be filled: a file system in memory, mounted over a folder inside user and
 * mount namespaces. So an ordinary user may make it, and no other process sees it. It ends with the process that made
 * it.
 */
public final class SmallDisk implements AutoCloseable {

    /** Reports that it is ready, and stays until its input ends, which happens when we end. */
    private static final String HOLD = "mount -t tmpfs -o size=%sm tmpfs \"$1\" && echo ready && exec cat";

    private static final int CHUNK = 1 << 16;

    private final Process holder;
    private final Path mountedOn;

    private SmallDisk(Process holder, Path mountedOn) {
        this.holder = holder;
        this.mountedOn = mountedOn;
    }

    /**
     * Makes one.
     *
     * @param folder the folder that it is mounted over
     * @throws IOException when this machine does not allow it, with the reason
     */
    public static SmallDisk make(Path folder, int megabytes) throws IOException {
        Process holder = new ProcessBuilder(
                        "unshare",
                        "--user",
                        "--map-root-user",
                        "--mount",
                        "sh",
                        "-c",
                        HOLD.formatted(megabytes),
                        "sh",
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        var disk = new SmallDisk(holder, folder);
        String said = holder.inputReader(UTF_8).readLine();
        if (!"ready".equals(said)) {
            disk.close();
            throw new IOException("unshare and mount: " + said);
        }
        return disk;
    }

    /** Returns the words that precede a command so that it sees the disk. */
    public List<String> command() {
        String pid = Long.toString(holder.pid());
        return List.of("nsenter", "--preserve-credentials", "--user", "--mount", "--target", pid);
    }

    /** Returns the disk's path as seen from this process. */
    public Path seenFromHere() {
        return Path.of("/proc", Long.toString(holder.pid()), "root")
                .resolve(mountedOn.getRoot().relativize(mountedOn));
    }

    /** Fills all free space. */
    public void fill() throws IOException {
        byte[] chunk = new byte[CHUNK];
        long written = 0;
        try (OutputStream ballast = Files.newOutputStream(ballast())) {
            while (true) {
                ballast.write(chunk);
                written += CHUNK;
            }
        } catch (IOException e) {
            if (written == 0 || ballast().toFile().getUsableSpace() >= CHUNK) {
                throw e;
            }
        }
    }

    /** Frees that space. */
    public void makeRoom() throws IOException {
        Files.delete(ballast());
    }

    private Path ballast() {
        return seenFromHere().resolve("ballast");
    }

    @Override
    public void close() {
        holder.destroyForcibly();
    }
}
