package zap.shell.move;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.shell.move.ProfileFileException.Fault;

/**
 * The header of an exported profile: plain text that describes the file. Nothing in it is secret, and every chunk
 * behind it authenticates all of it.
 *
 * @param origin of the profile
 * @param keys the parameters that turn a passphrase into the file's key
 * @param bytes the header as it stands in the file, with the empty line at its end
 */
record ProfileHeader(ProfileOrigin origin, PassphraseKeys.Recipe keys, byte[] bytes) {

    /** The version of the format. A file with a greater one is refused. */
    static final int VERSION = 1;

    /** The limit of a header: longer ones are not read. */
    static final int MAX_BYTES = 4096;

    private static final String FIRST = "zap-profile: ";
    private static final String END = "\n\n";
    private static final String SUM = "zap-header: ";
    private static final String ABOUT = "an encrypted profile of the messenger zap; it is read by: profile import FILE";
    private static final Pattern VERSION_LINE = Pattern.compile("^" + FIRST + "(\\d{1,9})\n");
    private static final Pattern LINE = Pattern.compile("(zap-[a-z]+): ([^\n]*)");
    private static final Pattern KEY_LINE = Pattern.compile("PBKDF2-HMAC-SHA256 (\\d{1,9}) ([0-9a-f]+) ([0-9a-f]+)");
    private static final HexFormat HEX = HexFormat.of();

    static ProfileHeader of(ProfileOrigin origin, PassphraseKeys.Recipe keys) {
        String lines = FIRST + VERSION + "\n"
                + line("about", ABOUT)
                + line("number", origin.number().toString())
                + line("server", origin.server())
                + line("schema", Integer.toString(origin.schema()))
                + line("exported", origin.exportedAt().toString())
                + line("name", origin.profile())
                + line("host", origin.host())
                + line(
                        "key",
                        "PBKDF2-HMAC-SHA256 " + keys.iterations() + " " + HEX.formatHex(keys.salt()) + " "
                                + HEX.formatHex(keys.check()));
        String text = lines + SUM + sum(lines) + END;
        return new ProfileHeader(origin, keys, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String line(String name, String value) {
        return "zap-" + name + ": " + value.replaceAll("\\p{Cntrl}", "?") + "\n";
    }

    /**
     * Parses the header at the beginning of a file.
     *
     * @param beginning the first {@link #MAX_BYTES} bytes, or all if there are fewer
     */
    static ProfileHeader parse(byte[] beginning) throws ProfileFileException {
        String text = new String(beginning, StandardCharsets.ISO_8859_1);
        Matcher version = VERSION_LINE.matcher(text);
        if (!version.find()) {
            // The version may be missing because only a few bytes are left of the file.
            boolean cut = !text.isEmpty() && (FIRST + VERSION + "\n").startsWith(text);
            throw new ProfileFileException(cut ? Fault.INCOMPLETE : Fault.NOT_A_PROFILE);
        }
        if (Integer.parseInt(version.group(1)) > VERSION) {
            throw new ProfileFileException(Fault.NEWER);
        }
        int end = text.indexOf(END);
        if (end < 0) {
            throw new ProfileFileException(beginning.length < MAX_BYTES ? Fault.INCOMPLETE : Fault.DAMAGED);
        }
        byte[] bytes = Arrays.copyOf(beginning, end + END.length());
        String header = new String(bytes, StandardCharsets.UTF_8);
        int sumAt = header.lastIndexOf("\n" + SUM) + 1;
        if (sumAt == 0 || !header.substring(sumAt).equals(SUM + sum(header.substring(0, sumAt)) + END)) {
            throw new ProfileFileException(Fault.DAMAGED);
        }
        return read(header, bytes);
    }

    private static ProfileHeader read(String header, byte[] bytes) throws ProfileFileException {
        var values = new LinkedHashMap<String, String>();
        LINE.matcher(header).results().forEach(line -> values.put(line.group(1), line.group(2)));
        try {
            var origin = new ProfileOrigin(
                    ClientId.parse(value(values, "zap-number")),
                    value(values, "zap-server"),
                    Integer.parseInt(value(values, "zap-schema")),
                    Instant.parse(value(values, "zap-exported")),
                    value(values, "zap-name"),
                    value(values, "zap-host"));
            Matcher keys = KEY_LINE.matcher(value(values, "zap-key"));
            if (!keys.matches()) {
                throw new IllegalArgumentException("zap-key");
            }
            var recipe = new PassphraseKeys.Recipe(
                    Integer.parseInt(keys.group(1)), HEX.parseHex(keys.group(2)), HEX.parseHex(keys.group(3)));
            return new ProfileHeader(origin, recipe, bytes);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new ProfileFileException(Fault.DAMAGED, e);
        }
    }

    private static String value(Map<String, String> values, String name) {
        @Nullable String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name);
        }
        return value;
    }

    /**
     * Returns a checksum that shows accidental damage before the passphrase is asked for. Only the chunks protect
     * against an attacker.
     */
    private static String sum(String lines) {
        return HEX.formatHex(ProfileFile.sha256().digest(lines.getBytes(StandardCharsets.UTF_8)));
    }
}
