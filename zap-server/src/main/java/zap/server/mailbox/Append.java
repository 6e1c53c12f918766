package zap.server.mailbox;

/** An entry that a batch adds to a mailbox. */
record Append(long recipient, Mail mail) {}
