package zap.server.mailbox;

/**
 * How far a client's mailbox has come.
 *
 * @param given the last position that the client confirmed; mail goes on after it
 * @param tail the last position there is
 */
public record Standing(long given, long tail) {}
