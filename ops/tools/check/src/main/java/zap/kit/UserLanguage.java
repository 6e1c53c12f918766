package zap.kit;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The user's language, chosen with the client's code: {@code SameLanguageTest} compares both. */
public final class UserLanguage {

    private UserLanguage() {}

    /** Returns the language of the user's environment, also where the system does not have its locale. */
    public static Locale of(Map<String, String> environment) {
        for (String name : List.of("ZAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG")) {
            @Nullable String value = environment.get(name);
            if (value != null && !value.isEmpty()) {
                String tag = value.replaceAll("[.@].*", "").replace('_', '-');
                return tag.equals("C") || tag.equals("POSIX") ? Locale.ENGLISH : Locale.forLanguageTag(tag);
            }
        }
        return Locale.getDefault(Locale.Category.DISPLAY);
    }
}
