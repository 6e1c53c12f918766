package zap.shell.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * The native part of the SQLite driver, unpacked once and then used as it lies there.
 *
 * <p>Left alone, the driver unpacks it anew in every process and compares it with its jar byte by byte, which takes longer than most
 * commands; and a process that is killed leaves a megabyte behind each time.
 */
final class NativeSqlite {

    private static final String PATH = "org.sqlite.lib.path";
    private static final String TEMPORARY = "org.sqlite.tmpdir";
    private static final Pattern JAR = Pattern.compile("(sqlite-jdbc-[^/!]+)\\.jar");

    private NativeSqlite() {}

    /** Tells the driver where its native part is; if it cannot be had there, or is of no use, the driver goes its own way. */
    static void prepare(Path cache) {
        if (System.getProperty(PATH) != null) {
            return;
        }
        boolean own = System.getProperty(TEMPORARY) == null;
        if (own) {
            System.setProperty(TEMPORARY, cache.toString());
        }
        try {
            @Nullable Path folder = unpacked(cache);
            if (folder != null) {
                System.setProperty(PATH, folder.toString());
            }
        } catch (IOException e) {
            // A full or read-only disk. The driver finds another place, and whoever opens the file itself says what is
            // wrong.
            if (own) {
                System.clearProperty(TEMPORARY);
            }
        }
    }

    /**
     * The folder with the native part of this driver for this kind of machine, unpacked if it is not there yet.
     *
     * @return null when the driver does not tell its version
     */
    static @Nullable Path unpacked(Path cache) throws IOException {
        @Nullable
        URL source =
                SQLiteJDBCLoader.class.getProtectionDomain().getCodeSource().getLocation();
        Matcher jar = JAR.matcher(String.valueOf(source));
        if (!jar.find()) {
            return null;
        }
        Path folder =
                cache.resolve((jar.group(1) + "-" + System.getProperty("os.name") + "-" + System.getProperty("os.arch"))
                        .toLowerCase(Locale.ROOT)
                        .replace(' ', '-'));
        Path library = folder.resolve(LibraryLoaderUtil.getNativeLibName());
        if (!Files.exists(library)) {
            Files.createDirectories(folder);
            unpack(library);
        }
        return folder;
    }

    /** Puts the library into its place in one move: where it is, it is whole. */
    private static void unpack(Path library) throws IOException {
        Path making = Files.createTempFile(library.getParent(), "making", null);
        String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + LibraryLoaderUtil.getNativeLibName();
        try (InputStream packed = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
            if (packed == null) {
                throw new IOException("no " + resource);
            }
            Files.copy(packed, making, StandardCopyOption.REPLACE_EXISTING);
            try (var file = FileChannel.open(making, StandardOpenOption.WRITE)) {
                file.force(true);
            }
            Files.move(making, library, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(making);
        }
    }
}
