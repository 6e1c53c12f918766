package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.MessageId;
import zap.protocol.PosixTime;

class ClientMailFormatTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final PosixTime AT = new PosixTime(1_700_000_000);

    private static final List<ClientMail> ALL_KINDS = List.of(
            new ClientMail(
                    ANA.value(),
                    List.of(
                            item(7, new Frame.Deliver(BOB, new Address(ANA.value()), AT, Body.of("olá 🦜"))),
                            item(8, new Frame.Delivered(BOB, AT)),
                            item(9, new Frame.ReadReceipt(BOB, AT)),
                            item(
                                    10,
                                    new Frame.Message(
                                            BOB, new Address(ANA.value()), AT, new MessageId(12), Body.of("so"))))),
            new ClientMail(
                    BOB.value(),
                    List.of(item(1, new Frame.GroupCreated(new GroupId(2000000000001L), AT, List.of(ANA, BOB))))),
            new ClientMail(BOB.value(), List.of()));

    private static MailboxItem item(long position, Frame.ForMailbox frame) {
        return new MailboxItem(position, frame, MailboxItem.NOT_MEASURED);
    }

    @Test
    void everyKindOfEntryComesBackAsItWas() {
        assertThat(ClientMailFormat.read(ClientMailFormat.bytesOf(ALL_KINDS))).isEqualTo(ALL_KINDS);
    }

    @Test
    void theAgeOfAnEntryGoesOn() {
        long received = System.nanoTime() - 1_000_000;
        var entry = new MailboxItem(1, new Frame.Delivered(BOB, AT), received);
        byte[] bytes = ClientMailFormat.bytesOf(List.of(new ClientMail(ANA.value(), List.of(entry))));

        // The way itself does not count, so that no two clocks are compared: the entry gets younger, never older.
        long again = ClientMailFormat.read(bytes).getFirst().mail().getFirst().receivedAtNanos();
        assertThat(again).isGreaterThanOrEqualTo(received).isLessThan(System.nanoTime());
    }

    @Test
    void whatIsCutShortOrTooLongIsRefused() {
        byte[] bytes = ClientMailFormat.bytesOf(ALL_KINDS);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> ClientMailFormat.read(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        assertThatThrownBy(() -> ClientMailFormat.read(longer)).isInstanceOf(IllegalArgumentException.class);
    }
}
