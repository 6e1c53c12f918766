package zap.shell.connection;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameType;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.RecvEncoder;

/**
 * The codec for short frames, as servers of others send them: unpadded, sometimes padded, sometimes glued together,
 * sometimes after a greeting.
 *
 * <p>The bytes do not show where a text ends: it ends at a pause, at its full width, or where the next frame visibly
 * begins. Unreadable bytes are skipped up to the next readable frame.
 */
public final class ShortFrames implements FrameCodec {

    /** The number of unreadable bytes after which they are dropped and reading goes on. */
    private static final int MAX_UNREADABLE = 8192;

    /** The number of groups by which glued frames are recognized. Beyond it, the oldest ones are forgotten. */
    private static final int MAX_GROUPS = 1000;

    private static final Pattern TIMES_AND_IDS =
            Pattern.compile("(?:02|04)\\d{13}|(?:07|09)\\d{23}|06\\d{36}|11\\d{23}(?=\\d{13})", Pattern.UNICODE_CASE);

    /** The number of digits that a frame needs to be recognized. */
    private static final Map<String, Integer> FIXED_WIDTHS =
            Map.of("02", 15, "04", 15, "06", 38, "07", 25, "09", 25, "11", 38);

    private static final int FIXED_OF_DELIVER =
            FrameType.DELIVER.width() - FrameType.DELIVER.fields().getLast().width();

    private final RecvEncoder encoder = new RecvEncoder();
    private final Duration gap;
    private final Duration pause;
    private final Set<String> groups = new HashSet<>();
    private @Nullable String self;

    public ShortFrames(Duration gap, Duration pause) {
        this.gap = gap;
        this.pause = pause;
    }

    /** Creates a codec with the times that these programs were measured to need. */
    public ShortFrames() {
        this(Duration.ofMillis(150), Duration.ofMillis(100));
    }

    @Override
    public byte[] encode(Frame frame) {
        return encoder.encode(frame);
    }

    @Override
    public Duration gap() {
        return gap;
    }

    @Override
    public Duration pause() {
        return pause;
    }

    @Override
    public void owner(ClientId id) {
        self = id.toString();
    }

    @Override
    public List<Frame> decode(ByteBuffer in, boolean pause) {
        byte[] bytes = new byte[in.remaining()];
        in.get(in.position(), bytes);
        int whole = wholeCharacters(bytes, pause);
        String text = new String(bytes, 0, whole, StandardCharsets.UTF_8);
        var frames = new ArrayList<Frame>();
        int at = 0;
        while (at < text.length()) {
            var next = TIMES_AND_IDS.matcher(text).region(at, text.length()).useTransparentBounds(true);
            if (isBeginning(text, at)) {
                break; // Its ids are not to be taken for frames.
            }
            if (!next.find()) {
                // A greeting, or the beginning of a frame: only a pause shows which.
                if (pause || text.length() - at > MAX_UNREADABLE) {
                    at = text.length();
                }
                break;
            }
            int end = endOf(text, next.start(), next.end(), pause);
            if (end < 0) {
                at = next.start();
                break;
            }
            @Nullable Frame frame = read(text.substring(next.start(), end));
            if (frame != null) {
                frames.add(frame);
                if (frame instanceof Frame.Registered registered) {
                    owner(registered.id());
                }
            }
            at = end;
        }
        boolean all = at == text.length();
        in.position(in.position() + (all && pause ? bytes.length : lengthOf(at, bytes, whole)));
        return frames;
    }

    /**
     * Returns how many bytes the first characters of a text were made of.
     *
     * <p>The text does not show it: bytes that are not UTF-8 are U+FFFD in it, one for one or more bytes.
     */
    private static int lengthOf(int chars, byte[] bytes, int end) {
        var in = ByteBuffer.wrap(bytes, 0, end);
        StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .decode(in, CharBuffer.allocate(chars), true);
        return in.position();
    }

    /** Returns whether the text may be the beginning of a frame's fixed part. */
    private static boolean isBeginning(String text, int at) {
        String rest = text.substring(at);
        for (String code : FIXED_WIDTHS.keySet()) {
            boolean codeFits = rest.length() < 2 ? code.startsWith(rest) : rest.startsWith(code);
            if (codeFits
                    && rest.length() < FIXED_WIDTHS.get(code)
                    && rest.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return true;
            }
        }
        return false;
    }

    /** Returns how many of the bytes are whole characters: the last one may still be incomplete. */
    private static int wholeCharacters(byte[] bytes, boolean pause) {
        int end = bytes.length;
        if (pause) {
            return end;
        }
        int back = 0;
        while (back < 4 && back < end) {
            int b = bytes[end - 1 - back] & 0xFF;
            if (b < 0x80) {
                return end;
            }
            if (b >= 0xC0) {
                int length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                return length > back + 1 ? end - 1 - back : end;
            }
            back++;
        }
        return end;
    }

    /** Returns the end of a frame whose fixed part is complete; -1 when it is not known yet. */
    private int endOf(String text, int start, int fixedEnd, boolean pause) {
        if (text.startsWith("06", start)) {
            note(text.substring(start + 15, start + 28));
            int codePoints = 0;
            int at = fixedEnd;
            while (at < text.length()) {
                if (codePoints == Body.MAX_CODE_POINTS || beginsFrame(text, at)) {
                    return at;
                }
                at += Character.charCount(text.codePointAt(at));
                codePoints++;
            }
            return pause || codePoints == Body.MAX_CODE_POINTS ? at : -1;
        }
        if (text.startsWith("11", start)) {
            note(text.substring(start + 2, start + 15));
            int at = fixedEnd;
            int members = 0;
            while (members < Frame.GroupCreated.MAX_MEMBERS && isId(text, at)) {
                if (members > 0 && beginsFrame(text, at)) {
                    return at;
                }
                at += 13;
                members++;
            }
            if (members == Frame.GroupCreated.MAX_MEMBERS
                    || (at < text.length() && !Character.isDigit(text.charAt(at)))) {
                return at;
            }
            return pause || (at < text.length() && beginsFrame(text, at)) ? at : -1;
        }
        return fixedEnd;
    }

    /** Records an address that mail came to. An address that is not the own number is a group. */
    private void note(String group) {
        if (groups.size() == MAX_GROUPS) {
            groups.clear();
        }
        groups.add(group);
    }

    private static boolean isId(String text, int at) {
        return at + 13 <= text.length() && text.substring(at, at + 13).chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** Returns whether a frame visibly begins inside a text, in a form that users do not write by accident. */
    private boolean beginsFrame(String text, int at) {
        if (text.charAt(at) != '0' && text.charAt(at) != '1') {
            return false;
        }
        var next = TIMES_AND_IDS.matcher(text).region(at, text.length()).useTransparentBounds(true);
        if (!next.lookingAt()) {
            return false;
        }
        String own = self;
        return switch (text.substring(at, at + 2)) {
            case "02", "04" -> own != null && text.startsWith(own, at + 2);
            // A message for the own number or for a group. Groups begin with a 2 on servers that tell them apart.
            case "06" ->
                own != null
                        && (text.startsWith(own, at + 15)
                                || text.charAt(at + 15) == '2'
                                || groups.contains(text.substring(at + 15, at + 28)));
            case "07", "09" ->
                next.end() == text.length()
                        || !Character.isLetterOrDigit(text.charAt(next.end()))
                        || beginsFrame(text, next.end());
            case "11" -> isMember(text, at + 25);
            default -> false;
        };
    }

    /** Returns whether the own number is among the members that begin here. */
    private boolean isMember(String text, int first) {
        String own = self;
        int at = first;
        for (int place = 0; place < Frame.GroupCreated.MAX_MEMBERS && isId(text, at); place++) {
            if (own != null && text.startsWith(own, at)) {
                return true;
            }
            at += 13;
        }
        return false;
    }

    private static @Nullable Frame read(String frame) {
        return switch (frame.substring(0, 2)) {
            case "02" -> new Frame.Registered(ClientId.parse(frame.substring(2, 15)));
            case "04" -> new Frame.Connected(ClientId.parse(frame.substring(2, 15)));
            case "06" ->
                new Frame.Deliver(
                        ClientId.parse(frame.substring(2, 15)),
                        Address.parse(frame.substring(15, 28)),
                        PosixTime.parse(frame.substring(28, 38)),
                        Body.of(withoutEnd(frame.substring(FIXED_OF_DELIVER))));
            case "07" ->
                new Frame.Delivered(ClientId.parse(frame.substring(2, 15)), PosixTime.parse(frame.substring(15, 25)));
            case "09" ->
                new Frame.ReadReceipt(ClientId.parse(frame.substring(2, 15)), PosixTime.parse(frame.substring(15, 25)));
            case "11" -> {
                var members = new ArrayList<ClientId>();
                for (int at = 25; at + 13 <= frame.length(); at += 13) {
                    var member = ClientId.parse(frame.substring(at, at + 13));
                    if (member.value() != 0) {
                        members.add(member);
                    }
                }
                yield new Frame.GroupCreated(
                        GroupId.parse(frame.substring(2, 15)), PosixTime.parse(frame.substring(15, 25)), members);
            }
            default -> null;
        };
    }

    /** Returns a text without the terminator that some servers put behind every frame. */
    private static String withoutEnd(String text) {
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == '\r' || text.charAt(end - 1) == '\n' || text.charAt(end - 1) == 0)) {
            end--;
        }
        return text.substring(0, end);
    }
}
