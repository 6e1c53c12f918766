package zap.shell.store;

import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import zap.protocol.ClientId;
import zap.protocol.GroupId;

/**
 * Who is in a group, and who was.
 *
 * <p>In table {@code group_member} those who are in a group have places from 0 on. Those who were have negative ones,
 * which tell in which change they left: the first to leave have -1 to -8, the next -9 to -16, and so on. They are kept
 * because receipts of theirs are about messages that stay, and because of {@link #COUNTS}.
 */
final class GroupMembers {

    /** As many as a group has, and so as many as can leave it in one change. */
    private static final int MOST = 8;

    /**
     * The condition under which member {@code gm} of a group counts for the ticks of message {@code m}: it is in the
     * group. When its author is the only one left, those who left last count still, so that what they have read stays
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
     * @return those that it had
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
