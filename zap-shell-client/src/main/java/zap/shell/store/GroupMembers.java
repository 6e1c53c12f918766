package zap.shell.store;

import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import zap.protocol.ClientId;
import zap.protocol.GroupId;

/**
 * The present and former members of a group.
 *
 * <p>In table {@code group_member} present members have places from 0 on. Former members have negative places, which
 * name the change in which they left: the first to leave have -1 to -8, the next -9 to -16, and so on. They are kept
 * because their receipts are about messages that stay, and because of {@link #COUNTS}.
 */
final class GroupMembers {

    /** The largest number of members, and so the most that can leave in one change. */
    private static final int MOST = 8;

    /**
     * The condition under which member {@code gm} of a group counts for the ticks of message {@code m}: it is in the
     * group.
     *
     * <p>When the author is the only member left, those who left last still count, so that what they have read stays
     * read.
     */
    static final String COUNTS = """
            (gm.place >= 0 or (not exists (select 1 from group_member o
                 where o.chat = m.chat and o.place >= 0 and o.person <> m.author)
               and (-1 - gm.place) / %1$s = (select max((-1 - o.place) / %1$s) from group_member o
                 where o.chat = m.chat and o.place < 0)))""".formatted(MOST);

    private GroupMembers() {}

    /**
     * Replaces the members of a group, in the transaction that is open.
     *
     * @return the members before
     */
    static List<ClientId> replace(JdbcClient jdbc, GroupId group, List<ClientId> members) {
        List<ClientId> before = jdbc.sql("select person from group_member where chat = ? and place >= 0 order by place")
                .param(group.value())
                .query((row, n) -> new ClientId(row.getLong(1)))
                .list();
        if (before.equals(members)) {
            return before;
        }
        int change = jdbc.sql(
                        "select coalesce(max((-1 - place) / ?), -1) + 1 from group_member where chat = ? and place < 0")
                .params(MOST, group.value())
                .query(Integer.class)
                .single();
        jdbc.sql("delete from group_member where chat = ? and place >= 0")
                .param(group.value())
                .update();
        int left = 0;
        for (ClientId member : before) {
            if (!members.contains(member)) {
                put(jdbc, group, -1 - change * MOST - left++, member);
            }
        }
        for (int place = 0; place < members.size(); place++) {
            ClientId member = members.get(place);
            jdbc.sql("delete from group_member where chat = ? and person = ? and place < 0")
                    .params(group.value(), member.value())
                    .update();
            put(jdbc, group, place, member);
        }
        return before;
    }

    private static void put(JdbcClient jdbc, GroupId group, int place, ClientId member) {
        jdbc.sql("insert into group_member (chat, place, person) values (?, ?, ?)")
                .params(group.value(), place, member.value())
                .update();
    }
}
