package zap.server.identity;

import java.util.random.RandomGenerator;
import zap.protocol.ClientId;
import zap.protocol.GroupId;

/**
 * Makes new ids (protocol section 1, id): a client's begins with 1, a group's with 2, the other twelve digits are random, so
 * that nobody can guess who else there is.
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

    /** A client's id that may still be taken by somebody, which is for the caller to find out. */
    public ClientId nextClient() {
        return new ClientId(CLIENTS + random.nextLong(TWELVE_DIGITS));
    }

    /** A group's id that may still be taken, which is for the caller to find out. */
    public GroupId nextGroup() {
        return new GroupId(GROUPS + random.nextLong(TWELVE_DIGITS));
    }

    /** Whether an id was made for a group. Only for ids of this server's own making. */
    public static boolean isGroup(long id) {
        return id >= GROUPS && id < GROUPS + TWELVE_DIGITS;
    }
}
