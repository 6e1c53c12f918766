package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FrameTest {

    private static final ClientId ANA = ClientId.parse("1000000000017");
    private static final ClientId BOB = ClientId.parse("1739250018846");
    private static final PosixTime NOW = PosixTime.parse("1795372030");

    @Test
    void theTableNamesEachFrameOnce() {
        Set<String> frames = framesIn(Frame.class).map(Class::getSimpleName).collect(Collectors.toSet());
        assertThat(Stream.of(FrameType.values()).map(type -> type.name().replace("_", "")))
                .containsExactlyInAnyOrderElementsOf(frames.stream()
                        .map(name -> name.toUpperCase(Locale.ROOT))
                        .toList());
        assertThat(Stream.of(FrameType.values()).map(FrameType::code)).doesNotHaveDuplicates();
    }

    private static Stream<Class<?>> framesIn(Class<?> sealed) {
        return sealed.isRecord()
                ? Stream.of(sealed)
                : Stream.of(Objects.requireNonNull(sealed.getPermittedSubclasses()))
                        .flatMap(FrameTest::framesIn);
    }

    @Test
    void aFrameIsOnTheSideOfWhoSaysIt() {
        RandomFrames.seeds(1_000).forEach(seed -> {
            Frame frame = RandomFrames.from(RandomFrames.generator(seed)).next();
            FrameType.Sender sender = frame.type().sender();
            assertThat(frame instanceof Frame.FromClient)
                    .as("%s", frame.type())
                    .isEqualTo(sender != FrameType.Sender.SERVER);
            assertThat(frame instanceof Frame.FromServer)
                    .as("%s", frame.type())
                    .isEqualTo(sender != FrameType.Sender.CLIENT);
            assertThat(frame.getClass().getSimpleName())
                    .isEqualToIgnoringCase(frame.type().name().replace("_", ""));
        });
    }

    /** Tests by compiling: the switch has no default, so a new frame must be added to every such switch. */
    @Test
    void aSwitchOverOneSideNeedsNoDefault() {
        Frame.FromClient fromClient = new Frame.Read(ANA, NOW);
        Frame.FromServer fromServer = new Frame.Accepted(1, new Position(1));
        assertThat(codeOf(fromClient) + codeOf(fromServer)).isEqualTo("0835");
    }

    private static String codeOf(Frame.FromClient frame) {
        return switch (frame) {
            case Frame.Register register -> register.type().code();
            case Frame.Connect connect -> connect.type().code();
            case Frame.Send send -> send.type().code();
            case Frame.Read read -> read.type().code();
            case Frame.CreateGroup create -> create.type().code();
            case Frame.Hello hello -> hello.type().code();
            case Frame.RegisterKey register -> register.type().code();
            case Frame.Resume resume -> resume.type().code();
            case Frame.Message message -> message.type().code();
            case Frame.Received received -> received.type().code();
            case Frame.Ping ping -> ping.type().code();
        };
    }

    private static String codeOf(Frame.FromServer frame) {
        return switch (frame) {
            case Frame.Registered registered -> registered.type().code();
            case Frame.Connected connected -> connected.type().code();
            case Frame.Deliver deliver -> deliver.type().code();
            case Frame.Message message -> message.type().code();
            case Frame.Delivered delivered -> delivered.type().code();
            case Frame.ReadReceipt receipt -> receipt.type().code();
            case Frame.GroupCreated created -> created.type().code();
            case Frame.Welcome welcome -> welcome.type().code();
            case Frame.Resumed resumed -> resumed.type().code();
            case Frame.Accepted accepted -> accepted.type().code();
            case Frame.Refused refused -> refused.type().code();
            case Frame.Ping ping -> ping.type().code();
        };
    }

    @Test
    void membersCannotBeChangedAfterwards() {
        List<ClientId> members = new ArrayList<>(List.of(BOB));
        Frame.CreateGroup create = new Frame.CreateGroup(ANA, NOW, members);
        members.add(ANA);
        assertThat(create.members()).containsExactly(BOB).isUnmodifiable();
    }

    @Test
    void aGroupHasNoMoreMembersThanTheFrameHasSlots() {
        GroupId group = GroupId.parse("2450000000031");
        assertThat(new Frame.CreateGroup(ANA, NOW, Collections.nCopies(7, BOB)).members())
                .hasSize(7);
        assertThat(new Frame.GroupCreated(group, NOW, Collections.nCopies(8, BOB)).members())
                .hasSize(8);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Frame.CreateGroup(ANA, NOW, Collections.nCopies(8, BOB)))
                .withMessage("the frame has room for 7 members, not 8");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Frame.GroupCreated(group, NOW, Collections.nCopies(9, BOB)))
                .withMessage("the frame has room for 8 members, not 9");
    }

    @Test
    void aMemberThatWouldReadAsAnEmptySlotIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Frame.CreateGroup(ANA, NOW, List.of(new ClientId(0))))
                .withMessageContaining("0000000000000");
    }

    @Test
    void numbersThatTheWireCannotSayAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Frame.Hello(100));
        assertThatIllegalArgumentException().isThrownBy(() -> new Frame.Hello(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Frame.Accepted(-1, new Position(0)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Frame.Resumed(
                        -1, HistoryDigest.EMPTY, new Position(0), new Position(0), HistoryDigest.EMPTY));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Frame.Resume(
                        ANA, new StreamId(1), -1, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE));
        assertThatIllegalArgumentException().isThrownBy(() -> new Frame.Refused(-1, Reason.MALFORMED));
    }

    @Test
    void textAndMembersAreTheLastFieldsOfTheirFrames() {
        for (FrameType type : FrameType.values()) {
            List<FrameType.Field> fields = type.fields();
            assertThat(fields.stream().limit(Math.max(0, fields.size() - 1)).map(FrameType.Field::kind))
                    .as("%s: the reader finds their end last", type)
                    .doesNotContain(FrameType.Kind.TEXT, FrameType.Kind.MEMBERS);
        }
    }

    @Test
    void everyReasonHasASentenceAndANumberOfItsOwn() {
        assertThat(Arrays.stream(Reason.values()).map(Reason::code)).doesNotHaveDuplicates();
        for (Reason reason : Reason.values()) {
            assertThat(Reason.ofCode(reason.code())).isEqualTo(reason);
            assertThat(reason.sentence()).matches("[A-Z].*[.]");
        }
        assertThat(Reason.ofCode(0)).isNull();
        assertThat(Reason.ofCode(-1)).isNull();
        assertThat(Reason.ofCode(Reason.values().length + 1)).isNull();
        assertThat(Reason.ofCode(999)).isNull();
    }
}
