package zap.server.wire;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.test.context.TestPropertySource;
import zap.server.testing.ZapServerTest;

/**
 * The configuration of a {@link ZapServerTest} with long gaps on the recv port and much patience with pieces there, so
 * that a busy machine cannot blur either, and without the 04; on both ports with little time for a reader that does not
 * read, and with a proxy that sends headers of the PROXY protocol. Its clients may have few connections each; those of
 * this machine are not counted.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@TestPropertySource(
        properties = {
            "zap.gateway.recv-pause=1500ms",
            "zap.gateway.recv-gap=400ms",
            "zap.gateway.recv-answer-connect=false",
            "zap.gateway.slow-consumer=1s",
            "zap.gateway.proxy-protocol=127.0.0.9",
            "zap.gateway.max-connections-per-address=2"
        })
@interface Strict {}
