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
 * The native part of the SQLite driver, unpacked once and used from there.
 *
 * <p>By itself, the driver unpacks it in every process and compares it with its jar byte by byte, which takes longer
 * than most commands. A killed process leaves a megabyte behind each time.
 */
final class NativeSqlite {

    private static final String PATH = "org.sqlite.lib.path";
    private static final String TEMPORARY = "org.sqlite.tmpdir";
    private static final Pattern JAR = Pattern.compile("(sqlite-jdbc-[^/!]+)\\.jar");

    private NativeSqlite() {}

    /**
     * Tells the driver where its native part is. If it cannot be unpacked or used there, the driver looks elsewhere.
     */
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
            // The disk is full or read-only. The driver finds another place. Opening the store reports the fault.
            if (own) {
                System.clearProperty(TEMPORARY);
            }
        }
    }

    /**
     * Returns the folder with the native part of this driver for this kind of machine, and unpacks it there if needed.
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

    /** Moves the complete library into its place, so that a process finds all of it or none. */
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
