package zap.server.mailbox;

/** An entry that a batch adds to a mailbox. */
record NewEntry(long recipient, MailboxItem item) {}
