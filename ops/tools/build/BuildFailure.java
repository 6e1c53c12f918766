import java.util.List;

/** The end of a command that cannot do its work, with the exit code and the message for the user. */
final class BuildFailure extends RuntimeException {

    /** Something needed is missing (EX_UNAVAILABLE). */
    static final int UNAVAILABLE = 69;

    /** The build, a test or the tool itself failed (EX_SOFTWARE). */
    static final int FAILED = 70;

    private static final long serialVersionUID = 1;

    private final int status;

    private BuildFailure(int status, List<String> lines) {
        super(String.join("\n", lines));
        this.status = status;
    }

    static BuildFailure unavailable(String... lines) {
        return new BuildFailure(UNAVAILABLE, List.of(lines));
    }

    static BuildFailure failed(String... lines) {
        return new BuildFailure(FAILED, List.of(lines));
    }

    int status() {
        return status;
    }

    List<String> lines() {
        return getMessage().lines().toList();
    }
}
