package zap.server.mailbox;

import java.util.List;

/**
 * Mail that a session has read from the log, and that another node may have stored. The writer's caches take it over:
 * the confirmation that follows needs to read nothing again.
 */
record LearnedMail(long client, List<MailboxItem> mail) {}
