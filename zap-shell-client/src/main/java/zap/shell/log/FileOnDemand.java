package zap.shell.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import zap.shell.store.Profile;

/**
 * An appender to a file that only its owner can read. It opens the file for the first line. A full file is renamed, and
 * two old ones are kept.
 */
final class FileOnDemand extends AppenderBase<ILoggingEvent> {

    private static final long LARGEST_BYTES = 1_000_000;
    private static final int OLD_FILES = 2;
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{40}: %msg%n";

    private final Path path;
    private @Nullable PrivateFile file;

    FileOnDemand(Path path) {
        this.path = path;
    }

    @Override
    protected void append(ILoggingEvent event) {
        PrivateFile open = file;
        if (open == null) {
            open = open();
            file = open;
        }
        open.doAppend(event);
    }

    private PrivateFile open() {
        var opened = new PrivateFile();
        opened.setContext(getContext());
        opened.setFile(path.toString());
        var encoder = new PatternLayoutEncoder();
        encoder.setContext((LoggerContext) getContext());
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setPattern(PATTERN);
        encoder.start();
        opened.setEncoder(encoder);
        var size = new SizeBasedTriggeringPolicy<ILoggingEvent>();
        size.setContext(getContext());
        size.setMaxFileSize(new FileSize(LARGEST_BYTES));
        size.start();
        opened.setTriggeringPolicy(size);
        var rolling = new FixedWindowRollingPolicy();
        rolling.setContext(getContext());
        rolling.setParent(opened);
        rolling.setFileNamePattern(path + ".%i");
        rolling.setMinIndex(1);
        rolling.setMaxIndex(OLD_FILES);
        rolling.start();
        opened.setRollingPolicy(rolling);
        opened.start();
        return opened;
    }

    @Override
    public void stop() {
        super.stop();
        @Nullable PrivateFile open = file;
        if (open != null) {
            open.stop();
        }
    }

    /** A rolling file that only its owner can read, and so are the old ones. */
    private static final class PrivateFile extends RollingFileAppender<ILoggingEvent> {
        @Override
        public void openFile(String name) throws IOException {
            Profile.privateFile(Path.of(name));
            super.openFile(name);
        }
    }
}
