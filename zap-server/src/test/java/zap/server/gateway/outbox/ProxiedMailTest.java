package zap.server.gateway.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.PosixTime;
import zap.server.mailbox.MailboxItem;

class ProxiedMailTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final ClientId CARLA = new ClientId(1142299396760L);
    private static final GroupId GROUP = new GroupId(2787353346435L);
    private static final long STANDING = Duration.ofMinutes(20).toNanos();
    private static final long ALL = Long.MAX_VALUE;

    private final ProxiedMail mail = new ProxiedMail(Duration.ofMinutes(20));

    /** Of the proxy's TCP, which says nothing about the peer. */
    @Test
    void anAcknowledgementIsNoDelivery() {
        add(1, message(ANA, 10));

        assertThat(mail.takeDelivered(ALL, 1)).isNull();
        assertThat(mail.isEmpty()).isFalse();
        assertThat(mail.isDueSoon()).isFalse();
        assertThat(mail.lastPosition()).isEqualTo(1);
    }

    @Test
    void aReadMarkDeliversWhatWasWrittenUpToTheNewestMessageThatItCovers() {
        add(1, new Frame.Delivered(CARLA, new PosixTime(1)));
        add(2, message(ANA, 10));
        add(3, message(CARLA, 11));
        add(4, inGroup(ANA, 12));
        add(5, message(ANA, 13));
        add(6, new Frame.Delivered(CARLA, new PosixTime(1)));

        mail.read(new Frame.Read(ANA, new PosixTime(12)));
        assertThat(mail.takeDelivered(0, 1)).satisfies(part -> {
            assertThat(part.position()).isEqualTo(4);
            assertThat(part.digest()).isEqualTo(new HistoryDigest(4));
        });
        assertThat(mail.oldest()).extracting(UndeliveredMail.Part::position).isEqualTo(5L);

        mail.read(new Frame.Read(ANA, new PosixTime(9_999_999_999L)));
        assertThat(mail.takeDelivered(0, 1))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(5L);
        assertThat(mail.oldest()).extracting(UndeliveredMail.Part::position).isEqualTo(6L);
    }

    @Test
    void aReadMarkForOthersOrForEarlierOnesDeliversNothing() {
        add(1, message(ANA, 10));

        mail.read(new Frame.Read(CARLA, new PosixTime(20)));
        mail.read(new Frame.Read(ANA, new PosixTime(9)));
        mail.read(new Frame.Read(BOB, new PosixTime(20)));
        assertThat(mail.takeDelivered(ALL, 1)).isNull();
    }

    @Test
    void aReadMarkSaysNothingAboutWhatIsWrittenLater() {
        mail.read(new Frame.Read(ANA, new PosixTime(9_999_999_999L)));
        add(1, message(ANA, 10));

        assertThat(mail.takeDelivered(ALL, 1)).isNull();
    }

    @Test
    void timeCountsFromTheAcknowledgementOfTheProxy() {
        add(1, message(ANA, 10));
        add(2, message(ANA, 11));

        assertThat(mail.takeDelivered(0, 5 * STANDING)).isNull();
        assertThat(mail.takeDelivered(1, 6 * STANDING)).isNull();
        assertThat(mail.takeDelivered(2, 7 * STANDING - 1)).isNull();
        assertThat(mail.takeDelivered(2, 7 * STANDING))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(1L);
        assertThat(mail.takeDelivered(2, 8 * STANDING))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(2L);
        assertThat(mail.isEmpty()).isTrue();
        assertThat(mail.lastPosition()).isZero();
    }

    @Test
    void ofVeryMuchMailTheNewestIsDeliveredTogetherAndNoneTooEarly() {
        for (int i = 1; i <= 2 * ProxiedMail.MOST; i++) {
            add(i, message(ANA, i));
        }
        long last = 2 * ProxiedMail.MOST;
        assertThat(mail.lastPosition()).isEqualTo(last);

        mail.read(new Frame.Read(ANA, new PosixTime(last - 1)));
        assertThat(mail.takeDelivered(ALL, 1))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(ProxiedMail.MOST - 1L);
        mail.read(new Frame.Read(ANA, new PosixTime(last)));
        assertThat(mail.takeDelivered(ALL, 1))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(last);
        assertThat(mail.isEmpty()).isTrue();
    }

    @Test
    void aNewerEntryInItsPlaceBeginsItsTimeAnew() {
        for (int i = 1; i <= ProxiedMail.MOST; i++) {
            add(i, message(ANA, i));
        }
        assertThat(mail.takeDelivered(ALL, 0)).isNull();
        add(ProxiedMail.MOST + 1, message(ANA, 1));

        assertThat(mail.takeDelivered(ALL, STANDING))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(ProxiedMail.MOST - 1L);
        assertThat(mail.takeDelivered(ALL, 2 * STANDING))
                .extracting(UndeliveredMail.Part::position)
                .isEqualTo(ProxiedMail.MOST + 1L);
    }

    @Test
    void itIsUsableAgainWhenItWasEmptyOrForgotten() {
        add(1, message(ANA, 10));
        mail.takeDelivered(ALL, 1);
        mail.clear();
        assertThat(mail.isEmpty()).isTrue();
        add(2, message(ANA, 11));
        mail.read(new Frame.Read(ANA, new PosixTime(11)));
        assertThat(mail.takeDelivered(0, 1)).isNotNull();
        add(3, message(ANA, 12));
        assertThat(mail.takeDelivered(ALL, 1)).isNull();
        assertThat(mail.takeDelivered(ALL, 1 + STANDING)).isNotNull();
    }

    /** An entry is a byte here. */
    private void add(long position, Frame.ForMailbox frame) {
        mail.add(
                new MailboxItem(position, frame, MailboxItem.NOT_MEASURED),
                new HistoryDigest((int) position),
                position,
                position);
    }

    private static Frame.ForMailbox message(ClientId src, long second) {
        return new Frame.Deliver(src, new Address(BOB.value()), new PosixTime(second), Body.of("oi"));
    }

    private static Frame.ForMailbox inGroup(ClientId src, long second) {
        return new Frame.Message(
                src, new Address(GROUP.value()), new PosixTime(second), new MessageId(7), Body.of("oi"));
    }
}
