package zap.server.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Import;
import zap.server.ZapServer;

/**
 * Marks a class of tests that use a running server. It composes:
 *
 * <ul>
 *   <li>{@link SpringBootTest} of {@link ZapServer}, with the actuator and the listeners on ports of 127.0.0.1 that the
 *       system chooses;
 *   <li>{@link DatabaseForTest}: connection details ({@code JdbcConnectionDetails}) of an empty database on the
 *       PostgreSQL of the tests, and the {@link TestedServer}.
 * </ul>
 *
 * <p>Spring caches the context, so all classes with the same configuration share one server. It ends with the JVM.
 * Another configuration is another {@code @TestPropertySource}, also on a nested class; tests that do not disturb each
 * other should share one, because each server takes seconds to start: see {@code zap.server.wire.Impatient} and {@code
 * Strict}. Peers are sockets ({@link TestedServer#connect}), and beans are injected:
 *
 * <pre>
 * &#64;ZapServerTest
 * class LastUsesIT {
 *     &#64;Autowired private TestedServer server;
 *     &#64;Autowired private LastUses lastUses;
 * </pre>
 *
 * <p>A test that stops or restarts its server has a {@link RunningServer} instead, because others use this one.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@SpringBootTest(
        classes = ZapServer.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "zap.gateway.address=127.0.0.1",
            "zap.gateway.port=0",
            "zap.gateway.recv-port=0",
            "zap.gateway.tls-port=0",
            // several servers run here, and each ends with the JVM
            "spring.main.register-shutdown-hook=false",
            "management.metrics.use-global-registry=false"
        })
@Import(DatabaseForTest.class)
public @interface ZapServerTest {}
