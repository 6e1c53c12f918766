package zap.kit;

/** An address of a command line. */
public record HostAndPort(String host, int port) {

    private static final String THIS_MACHINE = "127.0.0.1";
    private static final int MAX_PORT = 65_535;

    /**
     * Returns the address of a server.
     *
     * @param text HOST:PORT; an IPv6 address may have brackets
     * @throws WrongUsageException when the text is not of that form
     */
    public static HostAndPort ofServer(String text) {
        if (text.indexOf(':') < 1) {
            throw new WrongUsageException(Phrase.of("problem.address", text));
        }
        return parse(text, 1, "problem.address");
    }

    /**
     * Returns the address of a listener.
     *
     * @param text PORT, on this machine alone, or HOST:PORT; the system chooses a port in place of 0
     * @throws WrongUsageException when the text is not of that form
     */
    public static HostAndPort ofListener(String text) {
        return parse(text, 0, "problem.port");
    }

    private static HostAndPort parse(String text, int smallest, String problem) {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (port >= smallest && port <= MAX_PORT && colon != 0) {
                String host = colon < 0 ? THIS_MACHINE : text.substring(0, colon);
                return new HostAndPort(host.replaceAll("^\\[|]$", ""), port);
            }
        } catch (NumberFormatException e) {
            throw new WrongUsageException(Phrase.of(problem, text));
        }
        throw new WrongUsageException(Phrase.of(problem, text));
    }
}
