package zap.watch;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Kind;
import zap.protocol.MalformedFrameException.Fault;

/** The words about bytes that are no frame: what belongs there, and which mistake usually looks like this. */
final class Explanation {

    private static final byte TLS_HANDSHAKE = 0x16;
    private static final byte TLS_ALERT = 0x15;
    private static final byte TLS_MAJOR = 3;

    private Explanation() {}

    /** Returns the key of a fault for programs and in the message bundles. */
    static String key(Fault fault) {
        return fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns what is wrong with the byte, and what belongs in its place. */
    static Phrase fault(Finding.NoFrame found) {
        FrameType type = found.type();
        byte[] bytes = found.bytes();
        String code = Shown.visible(new String(bytes, 0, Math.min(2, bytes.length), StandardCharsets.ISO_8859_1));
        if (type == null) {
            boolean digits = bytes.length > 1 && Shown.isDigit(bytes[0]) && Shown.isDigit(bytes[1]);
            return digits
                    ? Phrase.of("fault.unknown-code", code)
                    : Phrase.of("fault.no-code", named(bytes[found.at()]));
        }
        Phrase wrong = Phrase.of(
                "fault." + key(found.fault()), named(bytes[Math.min(found.at(), bytes.length - 1)]), found.field());
        return Phrase.of("fault.in-field", found.at(), type.code() + " " + type.title(), found.field(), wrong);
    }

    private static String named(byte b) {
        String hex = String.format(Locale.ROOT, "0x%02x", b & 0xFF);
        return b > ' ' && b < 0x7F ? "\"" + (char) b + "\"" : hex;
    }

    /** Returns the usual cause of such bytes, and what to do about it; null when none is known. */
    static @Nullable Phrase hint(Side from, Finding.NoFrame found) {
        byte[] bytes = found.bytes();
        if (found.type() == null) {
            return stranger(from, bytes);
        }
        Kind kind = kind(found.type(), found.field());
        byte wrong = found.at() < bytes.length ? bytes[found.at()] : 0;
        return switch (found.fault()) {
            case NOT_A_DIGIT -> {
                if (wrong == '\n' || wrong == '\r' || wrong == ' ' || wrong == 0) {
                    yield Phrase.of("hint.short-number", width(found.type(), found.field()));
                }
                yield Phrase.of(kind == Kind.ID ? "hint.id" : "hint.number", width(found.type(), found.field()));
            }
            case NOT_HEX -> Phrase.of("hint.hex", width(found.type(), found.field()));
            case BAD_SLOT, CUT_MEMBER -> Phrase.of("hint.members");
            case NOT_UTF8 -> Phrase.of("hint.utf8");
            case TOO_LARGE, NO_SUCH_REASON, NO_CODE_BEGINS_SO, UNKNOWN_CODE -> null;
        };
    }

    private static @Nullable Phrase stranger(Side from, byte[] bytes) {
        String text = new String(bytes, 0, Math.min(bytes.length, 16), StandardCharsets.ISO_8859_1);
        if (text.matches("(?is)(HTTP/|<!DOCTYPE|<html).*")) {
            return Phrase.of("hint.web-server");
        }
        if (text.matches("(?s)(GET|POST|HEAD|PUT|OPTIONS|CONNECT|DELETE) .*")) {
            return Phrase.of("hint.browser");
        }
        if (bytes.length > 1 && bytes[1] == TLS_MAJOR && (bytes[0] == TLS_HANDSHAKE || bytes[0] == TLS_ALERT)) {
            return Phrase.of("hint.tls." + from.key());
        }
        if (text.startsWith("SSH-")) {
            return Phrase.of("hint.ssh");
        }
        if (Shown.isDigit(bytes[0]) && (bytes.length == 1 || Shown.isDigit(bytes[1]))) {
            return Phrase.of("hint.boundary");
        }
        return Phrase.of("hint.code");
    }

    private static int width(FrameType type, String field) {
        return field(type, field).width();
    }

    private static Kind kind(FrameType type, String field) {
        return field(type, field).kind();
    }

    private static Field field(FrameType type, String name) {
        return type.fields().stream()
                .filter(field -> field.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Returns the words about what stood between two frames. */
    static Phrase filler(Finding.Filler filler) {
        boolean blanks = true;
        for (byte b : filler.bytes()) {
            blanks &= b == ' ';
        }
        String shown = Shown.quoted(new String(filler.bytes(), StandardCharsets.ISO_8859_1));
        return Phrase.of(blanks ? "filler.blanks" : "filler.breaks", shown, filler.bytes().length);
    }
}
