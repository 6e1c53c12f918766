package zap.server.database;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A change of the tables, as the name of its file describes it. The name is in the history of every database that it
 * has changed. So an older server, which does not have the file, can read there whether it may go on.
 *
 * @param script the name of its file: V9__what_it_adds.sql, or V9__what_it_adds__compatible_with_7.sql
 * @param version its number
 * @param compatibleWith the number of the newest migration that a server must know at least to work with the changed
 *     tables; the migration's own number if it claims nothing
 */
record Migration(String script, int version, int compatibleWith) {

    private static final Pattern NAME = Pattern.compile("V(\\d+)__.*?(?:__compatible_with_(\\d+))?\\.sql");

    /** Returns the migration that is in a file; empty when the file has another name than those of migrations. */
    static Optional<Migration> of(String script) {
        Matcher name = NAME.matcher(script);
        if (!name.matches()) {
            return Optional.empty();
        }
        int version = Integer.parseInt(name.group(1));
        int compatibleWith = name.group(2) == null ? version : Integer.parseInt(name.group(2));
        return Optional.of(new Migration(script, version, compatibleWith));
    }

    /** Returns whether a server works with the tables after this migration. */
    boolean isCompatibleWith(int newestKnown) {
        return newestKnown >= compatibleWith;
    }

    /** Returns whether a server works with the tables after a script; never if its name says nothing. */
    static boolean isCompatible(String script, int newestKnown) {
        return of(script)
                .map(migration -> migration.isCompatibleWith(newestKnown))
                .orElse(false);
    }
}
