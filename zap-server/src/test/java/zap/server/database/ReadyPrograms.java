package zap.server.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * PostgreSQL's programs for new data folders. Unpacking takes five seconds of a processor, and copying a fraction of
 * one: so they are unpacked once for all modules of a build.
 */
public final class ReadyPrograms {

    private ReadyPrograms() {}

    /** Puts the programs into a data folder, which is made if it does not exist, unless they are there already. */
    public static Path into(Path folder) {
        return into(folder, "postgresql");
    }

    /** Puts the programs into a data folder in which {@code postgresql/} has another name. */
    public static synchronized Path into(Path folder, String name) {
        try {
            Path postgresql = folder.toAbsolutePath().resolve(name);
            if (Files.notExists(postgresql)) {
                Files.createDirectories(folder);
                Files.createDirectory(postgresql, DataFolder.OWNER_ONLY_FOLDER);
            }
            try (var programs = Files.newDirectoryStream(postgresql, "binaries-*")) {
                if (!programs.iterator().hasNext()) {
                    Binaries.copy(unpacked(), postgresql);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path unpacked() throws IOException {
        Path target = Path.of(System.getProperty("zap.root", ".."), "zap-server", "target")
                .toAbsolutePath()
                .normalize();
        Path ready = Files.createDirectories(target.resolve("ready-programs"));
        try (FileChannel channel = FileChannel.open(
                        target.resolve("ready-programs.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            Binaries.unpackedIn(ready);
        }
        return ready;
    }
}
