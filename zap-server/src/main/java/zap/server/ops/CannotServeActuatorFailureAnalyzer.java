package zap.server.ops;

import java.net.InetAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.web.server.WebServerException;
import org.springframework.core.env.Environment;
import zap.server.gateway.ListenAdvice;

/**
 * Explains why the actuator cannot listen and what to do, instead of a stack trace. Spring Boot does so only for a port
 * in use.
 */
final class CannotServeActuatorFailureAnalyzer extends AbstractFailureAnalyzer<WebServerException> {

    private final Environment environment;

    CannotServeActuatorFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, WebServerException cause) {
        @Nullable SocketException refused = findCause(rootFailure, SocketException.class);
        if (refused == null) {
            return null;
        }
        // A management port of its own has settings of its own.
        boolean separate = environment.containsProperty("management.server.port");
        String prefix = separate ? "management.server." : "server.";
        String address = environment.getProperty(prefix + "address", "");
        int port = environment.getProperty(prefix + "port", Integer.class, 0);
        String where = port + (address.isEmpty() ? "" : " of " + address);
        return new FailureAnalysis(
                "The actuator, for operators, cannot listen on port " + where + ": " + refused.getMessage(),
                ListenAdvice.advice(
                        port,
                        parsed(address),
                        prefix + "address",
                        "--" + prefix + "port=…",
                        String.valueOf(refused.getMessage())),
                cause);
    }

    private static @Nullable InetAddress parsed(String address) {
        try {
            return address.isEmpty() ? null : InetAddress.getByName(address);
        } catch (UnknownHostException _) {
            return null;
        }
    }
}
