package zap.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.origin.Origin;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.PlaceholderResolutionException;
import org.springframework.validation.FieldError;
import org.springframework.validation.ObjectError;

/**
 * Names a property that cannot be used, without its value where that may be a secret. Spring Boot's own messages show
 * the value; they still describe all other properties.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SecretPropertyFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

    /**
     * The names of secrets, and names that resemble them: everything in the groups with passwords and tokens, also when
     * mistyped.
     */
    private static final Pattern SECRET = Pattern.compile(
            "zap\\.(database|admin)\\.(?!directory|accept|start).*|.*(pass|pwd|secret|token|key|credential|auth|url|uri).*");

    /** An address with a password in it. */
    private static final Pattern WITH_PASSWORD = Pattern.compile("(?s).*://[^/\\s]*@.*");

    /** The description of an unusable property, without its value. */
    private record Unusable(
            String name, @Nullable Object value, @Nullable Origin origin, String reason) {

        boolean isSecret() {
            return SECRET.matcher(name.toLowerCase(Locale.ROOT)).matches()
                    || WITH_PASSWORD.matcher(String.valueOf(value)).matches();
        }

        String text() {
            return "\n    Property: " + name
                    + (isSecret() ? "\n    Value: not shown, as it may be a secret" : "\n    Value: \"" + value + "\"")
                    + (origin == null ? "" : "\n    Origin: " + origin)
                    + "\n    Reason: " + reason + "\n";
        }
    }

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
        List<Unusable> unusable = unusable(cause);
        if (unusable.stream().noneMatch(Unusable::isSecret)) {
            return null;
        }
        var description = new StringBuilder("Failed to bind properties:\n");
        unusable.forEach(property -> description.append(property.text()));
        // Without the cause: a log at level debug would show it, and the value with it.
        return new FailureAnalysis(
                description.toString(),
                "Correct them; docs/configuration.md lists all properties.",
                new IllegalArgumentException("a property whose value is not shown"));
    }

    private List<Unusable> unusable(BindException cause) {
        var unusable = new ArrayList<Unusable>();
        BindValidationException invalid = findCause(cause, BindValidationException.class);
        UnboundConfigurationPropertiesException unknown =
                findCause(cause, UnboundConfigurationPropertiesException.class);
        if (invalid != null) {
            for (ObjectError error : invalid.getValidationErrors()) {
                String reason = String.valueOf(error.getDefaultMessage());
                unusable.add(
                        error instanceof FieldError field
                                ? new Unusable(
                                        invalid.getValidationErrors().getName() + "." + field.getField(),
                                        field.getRejectedValue(),
                                        Origin.from(field),
                                        reason)
                                : new Unusable(
                                        invalid.getValidationErrors().getName().toString(), null, null, reason));
            }
        } else if (unknown != null) {
            for (ConfigurationProperty property : unknown.getUnboundProperties()) {
                unusable.add(new Unusable(
                        property.getName().toString(),
                        property.getValue(),
                        property.getOrigin(),
                        "there is no such property"));
            }
        } else {
            ConfigurationProperty property = cause.getProperty();
            boolean placeholder = findCause(cause, PlaceholderResolutionException.class) != null;
            unusable.add(new Unusable(
                    cause.getName().toString(),
                    property == null ? null : property.getValue(),
                    property == null ? null : property.getOrigin(),
                    placeholder
                            ? "its ${…} refers to a property that does not exist; for a literal ${…}, write \\${…}"
                            : "it is not a valid " + cause.getTarget().getType()));
        }
        return unusable;
    }
}
