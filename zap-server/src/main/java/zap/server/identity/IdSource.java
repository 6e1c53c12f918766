package zap.server.identity;

import java.util.random.RandomGenerator;
import zap.protocol.ClientId;
import zap.protocol.GroupId;

/**
 * Makes new ids (protocol section 1, id). A client's id begins with 1, a group's with 2. The other twelve digits are
 * random, so that existing ids cannot be guessed.
 */
public final class IdSource {

    private static final long CLIENTS = 1_000_000_000_000L;
    private static final long GROUPS = 2_000_000_000_000L;
    private static final long TWELVE_DIGITS = 1_000_000_000_000L;

    private final RandomGenerator random;

    /** @param random a secure source; in tests a seeded one */
    public IdSource(RandomGenerator random) {
        this.random = random;
    }

    /** Returns a client's id. It may be in use already, which the caller must check. */
    public ClientId nextClient() {
        return new ClientId(CLIENTS + random.nextLong(TWELVE_DIGITS));
    }

    /** Returns a group's id. It may be in use already, which the caller must check. */
    public GroupId nextGroup() {
        return new GroupId(GROUPS + random.nextLong(TWELVE_DIGITS));
    }

    /** Returns whether an id was made for a group. Only for ids that this server has made. */
    public static boolean isGroup(long id) {
        return id >= GROUPS && id < GROUPS + TWELVE_DIGITS;
    }
}
