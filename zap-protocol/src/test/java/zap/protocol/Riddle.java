package zap.protocol;

/** A target for the fuzzer, found one byte after the other: random inputs do not find all of them at once. */
public final class Riddle {

    static final String SOLVED = "solved";

    private static final byte[] ANSWER = {42, 'z', -1, 7};

    private Riddle() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < ANSWER.length) {
            return;
        }
        if (input[0] == ANSWER[0]) {
            if (input[1] == ANSWER[1]) {
                if (input[2] == ANSWER[2]) {
                    if (input[3] == ANSWER[3]) {
                        throw new IllegalStateException(SOLVED);
                    }
                }
            }
        }
    }
}
