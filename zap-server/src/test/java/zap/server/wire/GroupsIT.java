package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.createGroup;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.send;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.server.testing.TestedServer;
import zap.server.testing.Together;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** Groups, in cases that are too long for a transcript. */
@ZapServerTest
class GroupsIT {

    @Autowired
    private TestedServer server;

    @Test
    void theTimestampOfAGroupIsTheServersClockAndNotTheCreators() {
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            long before = Instant.now().getEpochSecond();
            ana.send(createGroup(anasId, 42, bobsId));
            String created = ana.readFrame();
            long after = Instant.now().getEpochSecond();
            assertThat(Long.parseLong(created.substring(15, 25))).isBetween(before, after);
            assertThat(bob.readFrame()).isEqualTo(created);
        }
    }

    /**
     * Eight people all write to their group at the same time: each sees the words of each other in order, and only
     * after the 11.
     */
    @Test
    void everyoneInAGroupHearsEveryoneElseOnceAndInOrder() {
        int people = 8;
        int messages = 100;
        var peers = new ArrayList<WireClient>();
        var ids = new ArrayList<String>();
        try (Together together = new Together()) {
            for (int i = 0; i < people; i++) {
                peers.add(server.connect("peer " + i));
                ids.add(peers.get(i).register());
            }
            String[] others = ids.subList(1, people).toArray(String[]::new);
            peers.getFirst().send(createGroup(ids.getFirst(), 1, others));
            Set<String> created = new HashSet<>();
            peers.forEach(peer -> created.add(peer.readFrame()));
            assertThat(created).hasSize(1);
            String group = created.iterator().next().substring(2, 15);

            for (int i = 0; i < people; i++) {
                int self = i;
                together.start(() -> {
                    for (int message = 0; message < messages; message++) {
                        peers.get(self).send(send(ids.get(self), group, message, "number " + message));
                    }
                });
                together.start(() -> {
                    List<Integer> next = new ArrayList<>(Collections.nCopies(people, 0));
                    int left = (people - 1) * messages;
                    while (left > 0) {
                        String frame = peers.get(self).readFrame();
                        if (frame.startsWith("06")) {
                            int from = ids.indexOf(frame.substring(2, 15));
                            assertThat(from).isNotEqualTo(self);
                            int message = next.get(from);
                            assertThat(frame).isEqualTo(deliver(ids.get(from), group, message, "number " + message));
                            next.set(from, message + 1);
                            left--;
                        }
                    }
                });
            }
            together.finish();
        } finally {
            peers.forEach(WireClient::close);
        }
    }
}
