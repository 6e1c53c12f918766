package zap.watch;

import static zap.kit.JsonText.quoted;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import zap.kit.KitTexts;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Kind;
import zap.watch.Sighting.Seen;

/** Lines for programs: one object of JSON for each sighting. The names are listed in {@code docs/watch.md} and stay. */
final class JsonLines implements LineView {

    private final KitTexts texts;

    /** @param texts for the sentences; all other values are the same in each language */
    JsonLines(KitTexts texts) {
        this.texts = texts;
    }

    @Override
    public String lines(Sighting sighting) {
        var json = new StringBuilder("{\"time\":")
                .append(quoted(TextLines.instant(sighting.micros()).toString()));
        json.append(",\"connection\":").append(sighting.connection());
        switch (sighting.what()) {
            case Seen.Found(Finding finding) -> found(json, sighting.from(), finding);
            case Seen.Happened(WireEvent event) -> happened(json, event);
            case Seen.Over over ->
                event(json, "closed", null)
                        .append(",\"client\":{\"frames\":")
                        .append(over.clientFrames())
                        .append(",\"bytes\":")
                        .append(over.clientBytes())
                        .append("},\"server\":{\"frames\":")
                        .append(over.serverFrames())
                        .append(",\"bytes\":")
                        .append(over.serverBytes())
                        .append('}');
        }
        return json.append("}\n").toString();
    }

    private static StringBuilder event(StringBuilder json, String name, @Nullable Side from) {
        json.append(",\"event\":").append(quoted(name));
        if (from != null) {
            json.append(",\"from\":").append(quoted(from.key()));
        }
        return json;
    }

    private void found(StringBuilder json, @Nullable Side from, Finding finding) {
        switch (finding) {
            case Finding.Whole whole -> {
                event(json, "frame", from);
                type(json, whole.frame().type());
                json.append(",\"fields\":{").append(fields(whole.frame())).append('}');
                json.append(",\"offset\":").append(whole.offset());
                json.append(",\"bytes\":").append(whole.bytes());
                json.append(",\"padded\":").append(whole.isPadded());
            }
            case Finding.NoFrame none -> {
                event(json, "no-frame", from);
                type(json, none.type());
                json.append(",\"field\":").append(quoted(none.field()));
                json.append(",\"fault\":").append(quoted(Explanation.key(none.fault())));
                json.append(",\"offset\":").append(none.offset());
                json.append(",\"at\":").append(none.at());
                json.append(",\"hex\":").append(quoted(HexFormat.of().formatHex(none.bytes())));
                json.append(",\"words\":").append(quoted(texts.say(Explanation.fault(none))));
                Phrase hint = from == null ? null : Explanation.hint(from, none);
                if (hint != null) {
                    json.append(",\"hint\":").append(quoted(texts.say(hint)));
                }
            }
            case Finding.Filler filler ->
                event(json, "filler", from)
                        .append(",\"offset\":")
                        .append(filler.offset())
                        .append(",\"hex\":")
                        .append(quoted(HexFormat.of().formatHex(filler.bytes())));
            case Finding.Half half -> {
                event(json, "half-frame", from);
                type(json, half.type());
                json.append(",\"offset\":").append(half.offset());
                json.append(",\"characters\":").append(half.characters());
                json.append(",\"ended\":").append(half.atEnd());
                json.append(",\"hex\":").append(quoted(HexFormat.of().formatHex(half.bytes())));
            }
            case Finding.PassedOver passed ->
                event(json, "passed-over", from)
                        .append(",\"offset\":")
                        .append(passed.offset())
                        .append(",\"bytes\":")
                        .append(passed.bytes());
        }
    }

    private static void type(StringBuilder json, @Nullable FrameType type) {
        if (type != null) {
            json.append(",\"code\":").append(quoted(type.code()));
            json.append(",\"name\":").append(quoted(type.title()));
        }
    }

    private static String fields(WireFrame frame) {
        List<FrameType.Field> fields = frame.type().fields();
        return fields.stream()
                .map(field -> quoted(field.name()) + ":"
                        + (field.kind() == Kind.MEMBERS
                                ? frame.members().stream()
                                        .map(id -> quoted(id))
                                        .collect(Collectors.joining(",", "[", "]"))
                                : quoted(frame.field(field.name()))))
                .collect(Collectors.joining(","));
    }

    private static void happened(StringBuilder json, WireEvent happened) {
        switch (happened.kind()) {
            case LISTENING -> event(json, "listening", null).append(text("addresses", happened.text()));
            case OPENED -> event(json, "opened", null).append(text("peer", happened.text()));
            case CLIENT_ENDED, SERVER_ENDED ->
                event(json, "ended", happened.from())
                        .append(",\"goodbye\":")
                        .append(!happened.text().equals(WireEvent.WITHOUT_GOODBYE));
            case CLIENT_RESET, SERVER_RESET -> event(json, "reset", happened.from());
            case UNREACHABLE, CLIENT_HANDSHAKE, SERVER_HANDSHAKE -> {
                WireTrouble trouble = WireTrouble.parse(happened.text());
                boolean isDialling = happened.kind() == WireEvent.Kind.UNREACHABLE;
                event(json, isDialling ? "unreachable" : "handshake-failed", happened.from())
                        .append(text("cause", trouble.key()))
                        .append(text("detail", trouble.detail()));
            }
            case TOO_MANY -> event(json, "too-many", null);
            case CLIENT_BYTES, SERVER_BYTES, CLOSED ->
                throw new IllegalArgumentException(
                        happened.kind().name().toLowerCase(Locale.ROOT) + " is shown by what was found in it");
        }
    }

    private static String text(String name, String value) {
        return "," + quoted(name) + ":" + quoted(value);
    }
}
