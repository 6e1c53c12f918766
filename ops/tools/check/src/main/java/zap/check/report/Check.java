package zap.check.report;

import zap.kit.Phrase;

/** One check of a suite: a sentence that a program fulfils or not. The sentence is in the message bundles. */
public interface Check {

    /** Returns the number, which stays for ever, because people cite it: {@code 4.2}. */
    String number();

    Heading heading();

    Level level();

    Phrase sentence();

    /** Returns the source of the requirement: the assignment, a consequence of it, or zap's own page. */
    Phrase source();

    /** Returns the paragraph on what to look at in one's own code. */
    Phrase lookAt();

    /**
     * A group of checks in the reports.
     *
     * @param number the number with which the numbers of its checks begin
     * @param key the name in reports for programs
     */
    record Heading(String number, String key, Phrase title) {}
}
