package zap.acceptance;

import static zap.acceptance.Person.utf8;

import java.util.List;

/**
 * A call that cannot be done.
 *
 * @param exitCode as docs/client.md lists them
 * @param who calls
 * @param input on standard input
 * @param words the call
 * @param says a part of what it says about the trouble
 */
record Trouble(int exitCode, Who who, byte[] input, List<String> words, String says) {

    /** A user for whom these calls are sure to fail. */
    enum Who {
        /** Has not registered. */
        NEW,
        /** Is new, and looks at a server that is well. */
        NEW_AND_ONLINE,
        /** Has a number that the server has forgotten. */
        FORGOTTEN,
        /** Has a number, and the contacts bob, bruna and bruno. */
        KNOWN,
        /** A user whose standard output is closed, besides. */
        WITHOUT_OUTPUT,
        /** Has all of that, and the server is somewhere where nothing listens. */
        OFFLINE,
        /** Is new, and the server is somewhere where nothing listens. */
        NEW_AND_OFFLINE,
        /** Is new, and wants to be encrypted where the server has a port that does not. */
        NEW_AND_SECRETIVE,
        /** Has a session in another window. */
        IN_SESSION,
        /** Has exported the profile, to go on with it elsewhere. */
        MOVED,
        /** Has a store that something has written nonsense into. */
        BROKEN_STORE,
        /** Has said that the profiles are in what is a file. */
        NO_FOLDER
    }

    /** At least one for each code: each is a process of its own. */
    static final List<Trouble> CALLS = List.of(
            of(1, Who.NEW_AND_ONLINE, "A check failed", "doctor"),
            of(64, Who.NEW, "There is no command \"frobnicate\"", "frobnicate"),
            of(64, Who.NEW, "zap shell does not know --frobnicate", "--frobnicate", "whoami"),
            with(utf8("a\u0000b"), of(65, Who.KNOWN, "U+0000", "send", "bob", "-")),
            with(new byte[] {'a', (byte) 0xC3, '('}, of(65, Who.KNOWN, "not UTF-8", "send", "bob", "-")),
            of(67, Who.KNOWN, "No person or group is called dora", "send", "dora", "hello"),
            of(69, Who.NEW_AND_OFFLINE, "connection refused", "register"),
            of(69, Who.OFFLINE, "No connection to 127.0.0.1:", "connect"),
            of(69, Who.OFFLINE, "Only messages that arrived earlier are shown", "read"),
            of(69, Who.OFFLINE, "Only messages that arrived earlier are shown", "unread"),
            of(69, Who.OFFLINE, "No session with 127.0.0.1:", "doctor"),
            of(70, Who.BROKEN_STORE, "is damaged", "unread"),
            of(70, Who.NO_FOLDER, "The folder of the profile cannot be used", "whoami"),
            of(71, Who.FORGOTTEN, "the server rejected this number", "connect"),
            of(74, Who.WITHOUT_OUTPUT, "The answer could not be written", "contact", "list"),
            of(75, Who.OFFLINE, "The message is kept", "send", "--quiet", "bob", "later"),
            of(76, Who.NEW_AND_SECRETIVE, "there is no TLS on that port", "register"),
            of(77, Who.IN_SESSION, "connected in another window", "connect"),
            of(78, Who.NEW, "no number yet: register", "send", "bob", "hello"),
            of(79, Who.MOVED, "This profile was moved on", "send", "bob", "hello"),
            of(79, Who.MOVED, "This profile was moved on", "connect"),
            of(79, Who.MOVED, "This profile was moved on", "unread"),
            of(79, Who.MOVED, "This profile was moved on", "doctor"));

    /** More of the same, as lines of one pipe: the first of them decides how it ends. */
    static final List<Trouble> LINES = List.of(
            of(64, Who.KNOWN, "read has no option --frobnicate", "read", "--frobnicate"),
            of(64, Who.KNOWN, "Usage: send WHO TEXT", "send", "bob"),
            of(64, Who.KNOWN, "Usage: receipts [on|off]", "receipts", "perhaps"),
            of(64, Who.KNOWN, "chat needs a terminal", "chat", "bob"),
            of(64, Who.KNOWN, "There is no message #99", "info", "#99"),
            of(64, Who.KNOWN, "This profile already has the number", "register"),
            of(65, Who.KNOWN, "A number of 13 digits is missing", "contact", "add", "carla", "12345"),
            of(65, Who.KNOWN, "looks too similar to bob", "contact", "add", "b0b", "1234567890123"),
            of(65, Who.KNOWN, "already exists", "export", "bob", "/dev/null"),
            of(64, Who.KNOWN, "nothing to reopen", "profile", "reopen", "--yes"),
            of(64, Who.KNOWN, "This profile already has the number", "profile", "import", "/dev/null"),
            of(65, Who.KNOWN, "already exists", "profile", "export", "/dev/null"),
            of(67, Who.KNOWN, "No person or group is called br. Do you mean: bruna, bruno?", "history", "br"),
            of(67, Who.KNOWN, "No person or group is called bob", "group", "info", "bob"));

    private static Trouble of(int exitCode, Who who, String says, String... words) {
        return new Trouble(exitCode, who, new byte[0], List.of(words), says);
    }

    private static Trouble with(byte[] input, Trouble trouble) {
        return new Trouble(trouble.exitCode, trouble.who, input, trouble.words, trouble.says);
    }

    @Override
    public String toString() {
        return exitCode + " " + who + " " + words;
    }
}
