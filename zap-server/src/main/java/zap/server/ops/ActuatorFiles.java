package zap.server.ops;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;
import zap.server.database.Database;

/**
 * Puts the folders of Tomcat, which serves the actuator, beside the server's own data. By default Tomcat makes new ones
 * in the system's folder for temporary files at every start, and a killed server leaves them there. With an external
 * PostgreSQL the server has no folder of its own, and the default remains.
 */
@Component
final class ActuatorFiles implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

    private final Optional<Path> scratch;

    ActuatorFiles(Database database) {
        this.scratch = database.scratch();
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        scratch.ifPresent(folder -> {
            factory.setBaseDirectory(folder.toFile());
            try {
                factory.setDocumentRoot(
                        Files.createDirectories(folder.resolve("documents")).toFile());
            } catch (IOException e) {
                throw new UncheckedIOException("The folder " + folder + " cannot be used: " + e, e);
            }
        });
    }
}
