package zap.server.mailbox;

import java.util.List;

/**
 * Entries of one client's mailbox on their way from one part of a server, or from one node, to another.
 *
 * @param client the owner of the mailbox
 * @param mail the entries, oldest first; empty when there are some that are not known here
 */
public record ClientMail(long client, List<MailboxItem> mail) {

    public ClientMail {
        mail = List.copyOf(mail);
    }

    /** Returns the number of entries in all of these together. */
    public static int entries(List<ClientMail> all) {
        return all.stream().mapToInt(one -> one.mail.size()).sum();
    }
}
