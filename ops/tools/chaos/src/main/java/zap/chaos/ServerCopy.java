package zap.chaos;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A copy of the server's data.
 *
 * @param base whether {@code ./zap backup} made it, of a server that ran; else it is the files of one that did not
 */
record ServerCopy(Path folder, boolean base) {

    void delete() throws IOException {
        Folders.delete(folder);
    }
}
