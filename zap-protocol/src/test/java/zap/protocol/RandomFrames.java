package zap.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/** Frames and texts of every shape; equal for an equal seed. */
final class RandomFrames {

    private static final long[] NOTABLE_IDS = {0, 1, 1_000_000_000_017L, 2_450_000_000_031L, 9_999_999_999_999L};

    private static final String[] NOTABLE_CHARACTERS = {
        "a",
        " ",
        "0",
        "1",
        "\n",
        "\r",
        "\t",
        "\0",
        "é",
        "ç",
        "ß",
        "€",
        "中",
        "\uFFFF",
        "\uD7FF",
        "\uE000",
        "🦜",
        "👩‍👧",
        "\uDBFF\uDFFF"
    };

    private final RandomGenerator random;

    private RandomFrames(RandomGenerator random) {
        this.random = random;
    }

    /** Returns that number of different seeds, always the same ones: a failure names the one that failed. */
    static IntStream seeds(int count) {
        return IntStream.range(0, count);
    }

    static RandomGenerator generator(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    static RandomFrames from(RandomGenerator random) {
        return new RandomFrames(random);
    }

    /** Returns a frame that the full-width listeners know. */
    Frame next() {
        return switch (random.nextInt(20)) {
            case 0 -> new Frame.Register();
            case 1 -> new Frame.Registered(client());
            case 2 -> new Frame.Connect(client());
            case 3 -> new Frame.Deliver(client(), address(), time(), body());
            case 4 -> new Frame.Delivered(client(), time());
            case 5 -> new Frame.Read(client(), time());
            case 6 -> new Frame.ReadReceipt(client(), time());
            case 7 -> new Frame.CreateGroup(client(), time(), members(7));
            case 8 -> new Frame.GroupCreated(new GroupId(id()), time(), members(8));
            case 9 -> new Frame.Hello(random.nextInt(100));
            case 10 -> new Frame.Welcome(random.nextInt(100), Nonce.of(bytes(32)));
            case 11 -> new Frame.RegisterKey(PublicKeyBytes.of(bytes(32)), new StreamId(id()), signature());
            case 12 -> new Frame.Resume(client(), new StreamId(id()), count(), position(), digest(), signature());
            case 13 -> new Frame.Resumed(count(), digest(), position(), position(), digest());
            case 14 -> new Frame.Accepted(count(), position());
            case 15 -> new Frame.Received(position());
            case 16 -> new Frame.Ping();
            case 17 -> new Frame.Refused(count(), oneOf(Reason.values()));
            case 18 -> new Frame.Message(client(), address(), time(), new MessageId(id()), body());
            default -> new Frame.Send(client(), address(), time(), body());
        };
    }

    Body body() {
        StringBuilder text = new StringBuilder();
        int length = random.nextBoolean() ? random.nextInt(20) : random.nextInt(Body.MAX_CODE_POINTS + 1);
        boolean plain = random.nextBoolean();
        while (text.codePointCount(0, text.length()) < length) {
            if (plain) {
                text.append((char) random.nextInt(' ', 127));
            } else {
                text.append(oneOf(NOTABLE_CHARACTERS));
            }
        }
        return Body.of(text.substring(0, text.offsetByCodePoints(0, length)));
    }

    ClientId client() {
        return new ClientId(id());
    }

    PosixTime time() {
        return new PosixTime(random.nextInt(4) == 0 ? random.nextLong(100) : random.nextLong(10_000_000_000L));
    }

    List<ClientId> members(int max) {
        List<ClientId> members = new ArrayList<>();
        for (int i = random.nextInt(max + 1); i > 0; i--) {
            members.add(new ClientId(1 + random.nextLong(9_999_999_999_999L)));
        }
        return members;
    }

    private Address address() {
        return new Address(id());
    }

    private long id() {
        return random.nextInt(3) == 0
                ? NOTABLE_IDS[random.nextInt(NOTABLE_IDS.length)]
                : random.nextLong(10_000_000_000_000L);
    }

    private long count() {
        return switch (random.nextInt(3)) {
            case 0 -> random.nextLong(100);
            case 1 -> Long.MAX_VALUE - random.nextLong(100);
            default -> random.nextLong(Long.MAX_VALUE);
        };
    }

    private Position position() {
        return new Position(count());
    }

    private HistoryDigest digest() {
        return random.nextInt(4) == 0 ? HistoryDigest.EMPTY : new HistoryDigest(random.nextInt());
    }

    private SignatureBytes signature() {
        return random.nextBoolean() ? SignatureBytes.NONE : SignatureBytes.of(bytes(64));
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private <T> T oneOf(T[] things) {
        return things[random.nextInt(things.length)];
    }
}
