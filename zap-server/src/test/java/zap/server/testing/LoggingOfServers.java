package zap.server.testing;

import java.util.concurrent.locks.ReentrantLock;
import org.springframework.boot.context.event.ApplicationContextInitializedEvent;
import org.springframework.boot.context.event.ApplicationFailedEvent;
import org.springframework.boot.context.event.ApplicationStartingEvent;
import org.springframework.boot.context.event.SpringApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/**
 * The logging of several servers in one JVM. Logging belongs to the process: two servers that start at the same time
 * would set it up together, which fails. So one starts only after the other has set it up, its first step. It also
 * stays set up when a server stops.
 *
 * <p>{@code META-INF/spring.factories} of the tests names this listener, so that it hears of every server, whatever
 * starts it.
 */
final class LoggingOfServers implements ApplicationListener<SpringApplicationEvent>, Ordered {

    private static final ReentrantLock SETTING_UP = new ReentrantLock();

    @Override
    public void onApplicationEvent(SpringApplicationEvent event) {
        switch (event) {
            case ApplicationStartingEvent _ -> SETTING_UP.lock();
            case ApplicationContextInitializedEvent initialized -> {
                initialized
                        .getApplicationContext()
                        .getBeanFactory()
                        .registerSingleton("springBootLoggingLifecycle", "for as long as the process");
                release();
            }
            case ApplicationFailedEvent _ -> release();
            default -> {}
        }
    }

    /** Releases the lock, which a server that fails later has released before. */
    private static void release() {
        if (SETTING_UP.isHeldByCurrentThread()) {
            SETTING_UP.unlock();
        }
    }

    /** Returns the first place, before the listener that sets the logging up. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }
}
