package zap.server;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The groups of settings that there are; what is in them is the business of the packages that they configure. A setting of any other group
 * is a mistyped one, and ends the start as a mistyped one of a known group does: otherwise it would be ignored without a word.
 */
@ConfigurationProperties(prefix = "zap", ignoreUnknownFields = false)
public record SettingGroups(
        @Nullable Map<String, String> admin,
        @Nullable Map<String, String> database,
        @Nullable Map<String, String> gateway,
        @Nullable Map<String, String> groups,
        @Nullable Map<String, String> identities,
        @Nullable Map<String, String> mailbox,
        @Nullable Map<String, String> tracing) {

    /** Some of what is in them is secret. */
    @Override
    public String toString() {
        return "zap";
    }
}
