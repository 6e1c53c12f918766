package zap.shell.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.logging.LogManager;
import org.apache.commons.logging.LogFactory;
import org.apache.commons.logging.impl.Slf4jLogFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The set-up of Logback for the client, which Logback finds as a service.
 *
 * <p>Warnings of all libraries, and more of the client's own classes, go to the profile's file. Nothing goes to the
 * screen, which belongs to the answers.
 */
public final class ProfileLog extends ContextAwareBase implements Configurator {

    private static final String FILE = "zap.log.file";

    /** Sends the log to this file. It must be called before the first logger is created. */
    public static void into(Path file) {
        System.setProperty(FILE, file.toString());
        // Otherwise Commons Logging searches the class path for logging frameworks.
        System.setProperty(LogFactory.FACTORY_PROPERTY, Slf4jLogFactory.class.getName());
        // The JDK and JLine log there, too. This class is created when they log something.
        System.setProperty("java.util.logging.config.class", JdkLog.class.getName());
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        @Nullable String file = System.getProperty(FILE);
        if (file == null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        var appender = new FileOnDemand(Path.of(file));
        appender.setContext(context);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(level("LOGGING_LEVEL_ROOT", Level.WARN));
        context.getLogger("zap").setLevel(level("LOGGING_LEVEL_ZAP", Level.INFO));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Returns the level that the environment names, in the way of Spring Boot. */
    private static Level level(String variable, Level usual) {
        @Nullable String named = System.getenv(variable);
        return named == null ? usual : Level.toLevel(named, usual);
    }

    /** The set-up of the JDK's logging, which creates an instance of it. */
    public static final class JdkLog {

        /** Forwards everything to Logback. */
        public JdkLog() throws IOException {
            String configuration = "handlers = " + SLF4JBridgeHandler.class.getName() + "\n.level = INFO\n";
            LogManager.getLogManager()
                    .readConfiguration(new ByteArrayInputStream(configuration.getBytes(StandardCharsets.ISO_8859_1)));
        }
    }
}
