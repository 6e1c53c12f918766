package zap.shell.command.context;

/** The colours, where there are any, and the signs for the state of a message. */
public final class Style {

    private static final int[] PERSONS = {36, 33, 35, 32, 34, 96, 93, 95, 92, 94};

    private final boolean colour;
    private final boolean ascii;

    public Style(boolean colour, boolean ascii) {
        this.colour = colour;
        this.ascii = ascii;
    }

    private String in(String code, String text) {
        return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    public String bold(String text) {
        return in("1", text);
    }

    public String dim(String text) {
        return in("2", text);
    }

    public String good(String text) {
        return in("32", text);
    }

    public String warning(String text) {
        return in("33", text);
    }

    public String read(String text) {
        return in("1;36", text);
    }

    /** Returns a person in their colour, which is always the same. */
    public String person(long id, String name) {
        return in(
                Integer.toString(
                        PERSONS[(int) Math.floorMod((id * 0x9E3779B97F4A7C15L) >>> 32, (long) PERSONS.length)]),
                name);
    }

    /** Returns the sign, or its replacement where the terminal cannot show it. */
    public String sign(String sign, String plain) {
        return ascii ? plain : sign;
    }
}
