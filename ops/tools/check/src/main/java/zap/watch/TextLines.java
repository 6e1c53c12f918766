package zap.watch;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.kit.KitTexts;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.kit.WireFrame.ShownField;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Kind;
import zap.protocol.FrameType.Sender;
import zap.protocol.Reason;
import zap.watch.Sighting.Seen;

/** Lines for people: one for each frame, and a few more where something is wrong. */
final class TextLines implements LineView {

    private static final String BOLD = "1";
    private static final String FAINT = "2";
    private static final String RED = "31";
    private static final String YELLOW = "33";
    private static final String CYAN = "36";
    private static final String GREEN = "32";

    /** Colours of ids: the same id has the same one, so that the eye can follow it. */
    private static final String[] ID_COLOURS = {"35", "34", "96", "95", "94", "33", "92", "91"};

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    private static final Pattern MEMBER = Pattern.compile("[0-9]+");

    /** The version of assured sessions whose fields the table has. */
    private static final String KNOWN_VERSION = "02";

    private static final int ALL_OF_IT = Integer.MAX_VALUE;

    /** Hex digits of a key, a nonce or a signature that are shown at its beginning. */
    private static final int HEX_SHOWN = 8;

    private static final String INDENT = " ".repeat(21);

    private final KitTexts texts;
    private final boolean colour;
    private final ZoneId zone;

    TextLines(KitTexts texts, boolean colour, ZoneId zone) {
        this.texts = texts;
        this.colour = colour;
        this.zone = zone;
    }

    @Override
    public String lines(Sighting sighting) {
        return switch (sighting.what()) {
            case Seen.Found(Finding finding) -> found(sighting, finding);
            case Seen.Happened(WireEvent event) -> happened(sighting, event);
            case Seen.Over over ->
                line(
                        sighting,
                        coloured(
                                FAINT,
                                texts.say(
                                        "seen.over",
                                        over.clientFrames(),
                                        over.clientBytes(),
                                        over.serverFrames(),
                                        over.serverBytes())));
        };
    }

    private String found(Sighting sighting, Finding finding) {
        Side from = side(sighting);
        return switch (finding) {
            case Finding.Whole whole -> line(sighting, frame(from, whole));
            case Finding.NoFrame none -> noFrame(sighting, from, none);
            case Finding.Filler filler -> line(sighting, coloured(YELLOW, texts.say(Explanation.filler(filler))));
            case Finding.Half half -> line(sighting, coloured(half.atEnd() ? RED : YELLOW, half(half)));
            case Finding.PassedOver passed ->
                line(sighting, coloured(FAINT, texts.say("seen.passed-over", passed.bytes())));
        };
    }

    private static Side side(Sighting sighting) {
        Side from = sighting.from();
        if (from == null) {
            throw new IllegalArgumentException("bytes come from a side");
        }
        return from;
    }

    private String frame(Side from, Finding.Whole whole) {
        WireFrame frame = whole.frame();
        FrameType type = frame.type();
        var line = new StringBuilder(coloured(BOLD + ";" + colourOf(from), type.code() + " " + type.title()));
        for (ShownField field : frame.shown(ALL_OF_IT)) {
            line.append("  ").append(coloured(FAINT, field.name() + "=")).append(value(field));
        }
        if (type.fields().stream().anyMatch(field -> field.kind() == Kind.VERSION)
                && !frame.field("version").equals(KNOWN_VERSION)) {
            line.append("  ").append(coloured(YELLOW, texts.say("remark.version")));
        }
        if (isWrongWay(from, type)) {
            line.append("  ")
                    .append(coloured(
                            YELLOW, texts.say("remark.wrong-way." + from.other().key())));
        }
        return line.toString();
    }

    private static boolean isWrongWay(Side from, FrameType type) {
        return type.sender() == (from == Side.CLIENT ? Sender.SERVER : Sender.CLIENT);
    }

    private String value(ShownField field) {
        return switch (field.kind()) {
            case ID -> id(field.value());
            case MEMBERS -> members(field.value());
            case TEXT -> coloured(BOLD, field.value());
            case COUNT -> field.value().replaceFirst("^0+(?=[0-9])", "");
            case KEY, SIGNATURE -> field.value().substring(0, HEX_SHOWN) + "…";
            case REASON -> {
                @Nullable Reason reason = Reason.ofCode(Integer.parseInt(field.value()));
                yield coloured(YELLOW, field.value() + (reason == null ? "" : " " + reason.name()));
            }
            case TIME, VERSION, STREAM, MESSAGE_ID, DIGEST -> field.value();
        };
    }

    private String members(String list) {
        return MEMBER.matcher(list).replaceAll(found -> Matcher.quoteReplacement(id(found.group())));
    }

    private String id(String id) {
        return coloured(ID_COLOURS[Math.floorMod(id.hashCode(), ID_COLOURS.length)], id);
    }

    private String noFrame(Sighting sighting, Side from, Finding.NoFrame none) {
        var lines = new StringBuilder(line(
                sighting,
                coloured(RED, texts.say("seen.no-frame", none.offset() + none.at(), Explanation.fault(none)))));
        for (String excerpt : ByteExcerpt.around(none.bytes(), none.at())) {
            lines.append(INDENT)
                    .append(excerpt.startsWith(" ") || excerpt.startsWith("^") ? coloured(RED, excerpt) : excerpt)
                    .append('\n');
        }
        Phrase hint = Explanation.hint(from, none);
        if (hint != null) {
            lines.append(INDENT).append(texts.say(hint)).append('\n');
        }
        return lines.toString();
    }

    private String half(Finding.Half half) {
        FrameType type = half.type();
        String end = half.atEnd() ? ".at-end" : ".so-far";
        return type == null
                ? texts.say("seen.half-code" + end, Shown.quoted(new String(half.bytes(), StandardCharsets.ISO_8859_1)))
                : texts.say("seen.half" + end, type.code() + " " + type.title(), half.characters(), type.width());
    }

    private String happened(Sighting sighting, WireEvent event) {
        String text = Shown.visible(event.text());
        return switch (event.kind()) {
            case LISTENING -> {
                String day = DAY.format(instant(event.micros()).atZone(zone));
                yield coloured(FAINT, texts.say("seen.recorded", day, text)) + "\n";
            }
            case OPENED -> line(sighting, coloured(FAINT, texts.say("seen.opened", text)));
            case CLIENT_ENDED, SERVER_ENDED -> {
                String ended = texts.say("seen.ended." + event.from().key());
                boolean withoutGoodbye = text.equals(WireEvent.WITHOUT_GOODBYE);
                yield line(
                        sighting,
                        withoutGoodbye
                                ? coloured(YELLOW, ended + " " + texts.say("seen.without-goodbye"))
                                : coloured(FAINT, ended));
            }
            case CLIENT_RESET, SERVER_RESET ->
                line(
                        sighting,
                        coloured(YELLOW, texts.say("seen.reset." + event.from().key())));
            case UNREACHABLE, CLIENT_HANDSHAKE, SERVER_HANDSHAKE -> {
                String key = event.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
                yield line(sighting, coloured(RED, texts.say("seen." + key, trouble(event))));
            }
            case TOO_MANY -> line(sighting, coloured(RED, texts.say("seen.too-many", text)));
            case CLIENT_BYTES, SERVER_BYTES, CLOSED ->
                throw new IllegalArgumentException(event.kind() + " is shown by what was found in it");
        };
    }

    private String trouble(WireEvent event) {
        WireTrouble trouble = WireTrouble.parse(event.text());
        return texts.say(trouble.phrase(event.kind()));
    }

    private String line(Sighting sighting, String rest) {
        Side from = sighting.from();
        String arrow = from == null ? coloured(FAINT, "·") : coloured(colourOf(from), from.arrow());
        String time = TIME.format(instant(sighting.micros()).atZone(zone));
        String number = String.format(Locale.ROOT, "%3d", sighting.connection());
        return coloured(FAINT, time) + " " + number + " " + arrow + " " + rest + "\n";
    }

    private static String colourOf(Side side) {
        return side == Side.CLIENT ? CYAN : GREEN;
    }

    static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private String coloured(String code, String text) {
        return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
