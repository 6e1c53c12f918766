package zap.server.wire;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.test.context.TestPropertySource;
import zap.server.testing.ZapServerTest;

/**
 * The configuration of a {@link ZapServerTest} with little time for silence, and little room in a mailbox. Some
 * transcripts name the same properties, and so share the server.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@TestPropertySource(properties = {"zap.gateway.silence=2s", "zap.mailbox.max-waiting=5"})
@interface Impatient {}
