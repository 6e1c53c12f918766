package zap.check.wire;

import java.util.ArrayList;
import java.util.List;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Kind;

/**
 * A frame as it stood on the wire: split into its fields by the table of {@link FrameType}, whatever is in them. The
 * codec of zap refuses an id of letters; the suite must be able to show it.
 *
 * @param fields in the row's order, each as it stood, padding included
 */
public record WireFrame(FrameType type, List<String> fields) {

    private static final int ID_WIDTH = FrameType.REGISTERED.fields().getFirst().width();

    public WireFrame {
        fields = List.copyOf(fields);
    }

    /** Returns a frame with these contents, without padding. */
    public static WireFrame of(FrameType type, String... fields) {
        if (fields.length != type.fields().size()) {
            throw new IllegalArgumentException(type + " has " + type.fields().size() + " fields");
        }
        return new WireFrame(type, List.of(fields));
    }

    /** Splits a frame that begins with its code and has at least its fixed part. */
    public static WireFrame parse(FrameType type, String text) {
        var fields = new ArrayList<String>();
        int at = type.code().length();
        for (Field field : type.fields()) {
            int end = offset(text, at, field.width());
            fields.add(text.substring(at, end));
            at = end;
        }
        return new WireFrame(type, fields);
    }

    private static int offset(String text, int from, int codePoints) {
        int there = text.codePointCount(from, text.length());
        return there <= codePoints ? text.length() : text.offsetByCodePoints(from, codePoints);
    }

    public static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    /**
     * Returns the frame as it is sent.
     *
     * @param fullWidth true pads a text and members with blanks
     */
    public String text(boolean fullWidth) {
        var text = new StringBuilder(type.code());
        fields.forEach(text::append);
        if (fullWidth) {
            int missing = type.width() - codePoints(text.toString());
            text.append(" ".repeat(Math.max(0, missing)));
        }
        return text.toString();
    }

    /** Returns the contents of a field: without the padding, if it is a text. */
    public String field(String name) {
        for (int i = 0; i < fields.size(); i++) {
            Field field = type.fields().get(i);
            if (field.name().equals(name)) {
                String content = fields.get(i);
                return field.kind() == Kind.TEXT ? withoutPadding(content) : content;
            }
        }
        throw new IllegalArgumentException(type + " has no field " + name);
    }

    private static String withoutPadding(String text) {
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == 0)) {
            end--;
        }
        return text.substring(0, end);
    }

    /** Returns the ids in the slots of an 11 or 10, empty slots left out. */
    public List<String> members() {
        String slots = fields.getLast();
        var members = new ArrayList<String>();
        for (int at = 0; at < slots.length(); at += ID_WIDTH) {
            String slot = slots.substring(at, Math.min(slots.length(), at + ID_WIDTH));
            if (!slot.isBlank() && !slot.equals("0".repeat(ID_WIDTH))) {
                members.add(slot);
            }
        }
        return members;
    }

    /** Returns the frame for people: code, name, and each field by name. */
    @Override
    public String toString() {
        var shown = new StringBuilder(type.code() + " " + type.title());
        for (int i = 0; i < fields.size(); i++) {
            Field field = type.fields().get(i);
            String content = fields.get(i);
            shown.append("  ").append(field.name()).append('=');
            switch (field.kind()) {
                case TEXT -> {
                    String bare = withoutPadding(content);
                    shown.append(Shown.quoted(bare));
                    int blanks = content.length() - bare.length();
                    if (blanks > 0) {
                        shown.append("+").append(blanks).append("␠");
                    }
                }
                case MEMBERS -> shown.append(members());
                default -> shown.append(Shown.visible(content));
            }
        }
        return shown.toString();
    }
}
