package zap.watch;

/** The side of a connection from which something comes. */
enum Side {
    CLIENT("client", "→"),
    SERVER("server", "←");

    private final String key;
    private final String arrow;

    Side(String key, String arrow) {
        this.key = key;
        this.arrow = arrow;
    }

    /** Returns its name for programs and in the message bundles. */
    String key() {
        return key;
    }

    String arrow() {
        return arrow;
    }

    Side other() {
        return this == CLIENT ? SERVER : CLIENT;
    }
}
