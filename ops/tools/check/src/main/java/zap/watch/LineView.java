package zap.watch;

/** The lines that a sighting becomes. */
interface LineView {

    /** Returns one or more lines, each with a line break at its end. */
    String lines(Sighting sighting);
}
