package zap.server.database;

import java.util.List;

/**
 * The user namespace that PostgreSQL's tools need when they run as root, or as a user without a name, as containers
 * have them. In a namespace of its own such a process is "nobody", with the files of the real user.
 */
final class UserNamespace {

    private enum User {
        ROOT,
        NAMELESS,
        ORDINARY
    }

    private UserNamespace() {}

    /** Returns the words that precede a command. */
    static List<String> prefix() {
        return user() == User.ORDINARY ? List.of() : List.of("unshare", "--user");
    }

    /** Returns the advice when the system does not allow such namespaces. */
    static String advice() {
        return switch (user()) {
            case ROOT ->
                "PostgreSQL does not run as root, so it runs in a user namespace (unshare --user), which this system does not"
                        + " allow: start zap as an ordinary user.";
            case NAMELESS ->
                "PostgreSQL does not run for a user without a name, so it runs in a user namespace (unshare --user), which this"
                        + " system does not allow: give this user a name (useradd --uid), or start zap as a user who has one.";
            case ORDINARY -> "";
        };
    }

    private static User user() {
        return ProcessHandle.current()
                .info()
                .user()
                .filter(name -> !name.matches("\\d*|\\?"))
                .map(name -> name.equals("root") ? User.ROOT : User.ORDINARY)
                .orElse(User.NAMELESS);
    }
}
