import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The images of one module: folders from which it runs, each named after a checksum of its sources.
 *
 * <p>An image gets its name in one move, when it is complete. So one that exists is whole.
 */
final class ImageStore {

    private final String module;
    private final String folder;

    /**
     * @param module the name without "zap-"
     * @param folder the module's folder in the checkout
     */
    ImageStore(String module, String folder) {
        this.module = module;
        this.folder = folder;
    }

    /** Builds an image, unless another process has built it while this one waited. */
    void build(Path image) throws IOException, InterruptedException {
        MavenRun maven = MavenRun.find();
        try (BuildLock _ = BuildLock.take()) {
            if (Files.isDirectory(image)) {
                return;
            }
            maven.build(Build.root(), List.of("-pl", folder));
            Path making = image.resolveSibling("making");
            FileTrees.delete(making);
            Files.createDirectories(image.getParent());
            unpack(MavenRun.bootJar(Build.root().resolve(folder), "zap-" + module), making, "zap-" + module);
            deleteOld(image.getParent());
            Files.move(making, image, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Unpacks a jar into a new folder: a jar NAME.jar with the module's own classes, and the libraries in lib/. */
    static void unpack(Path jar, Path to, String name) throws IOException, InterruptedException {
        Path libraries = jar.resolveSibling("lib");
        if (Files.isDirectory(libraries)) { // Maven has put them there
            Files.createDirectories(to);
            Files.copy(jar, to.resolve(name + ".jar"));
            FileTrees.copy(libraries, to.resolve("lib"));
            return;
        }
        var extract = new ProcessBuilder(
                        Build.java(), "-Djarmode=tools", "-jar", jar.toString(), "extract", "--destination", to.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        try (var running = new RunningProcess(extract.start())) {
            if (running.waitFor() != 0) {
                throw BuildFailure.failed("Java could not unpack " + jar);
            }
        }
        try (Stream<Path> files = Files.list(to)) {
            for (Path file : files.filter(
                            path -> path.getFileName().toString().matches("zap-.*\\.jar"))
                    .toList()) {
                Files.move(file, to.resolve(name + ".jar"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /** Deletes all images but the newest: a server may still run from that one. */
    private void deleteOld(Path images) throws IOException {
        try (Stream<Path> all = Files.list(images)) {
            for (Path old : all.filter(path -> path.getFileName().toString().startsWith(module + "-"))
                    .sorted(Comparator.comparing(ImageStore::modified).reversed())
                    .skip(1)
                    .toList()) {
                FileTrees.delete(old);
            }
        }
    }

    private static FileTime modified(Path path) {
        try {
            return Files.getLastModifiedTime(path);
        } catch (IOException e) {
            return FileTime.fromMillis(0); // deleted meanwhile
        }
    }
}
