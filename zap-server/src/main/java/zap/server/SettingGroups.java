package zap.server;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The names of all groups of settings; their contents belong to the packages that they configure. An unknown group ends
 * the start, as an unknown name in a known group does. Otherwise a mistyped setting would be ignored silently.
 */
@ConfigurationProperties(prefix = "zap", ignoreUnknownFields = false)
public record SettingGroups(
        @Nullable Map<String, String> admin,
        @Nullable Map<String, String> cluster,
        @Nullable Map<String, String> database,
        @Nullable Map<String, String> gateway,
        @Nullable Map<String, String> groups,
        @Nullable Map<String, String> identities,
        @Nullable Map<String, String> mailbox,
        @Nullable Map<String, String> tracing) {

    /** Shows no contents, because some of them are secret. */
    @Override
    public String toString() {
        return "zap";
    }
}
