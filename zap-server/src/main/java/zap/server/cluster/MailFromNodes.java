package zap.server.cluster;

import java.util.List;
import java.util.Set;
import zap.server.mailbox.ClientMail;

/**
 * The listener for mail that other nodes have stored for clients of this one. Any of it may be missing, or come twice.
 */
public interface MailFromNodes {

    /** Takes over mail that has been committed. Called by the thread of a link. */
    void handedOver(List<ClientMail> mail);

    /** Reports that these clients may have new mail, which the log holds. Called by a thread that listens. */
    void told(Set<Long> clients);
}
