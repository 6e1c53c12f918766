package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;

/** Tests that a store is replaced as a whole or not at all, whenever the process dies. */
class ReplacedStoreTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final int PEOPLE = 20_000;

    @TempDir
    Path folder;

    @Test
    void killedAtAnyMomentItHasTheOldContentOrTheNewOne() throws IOException {
        Path source = folder.resolve("source.db");
        try (ProfileDatabase large = ProfileDatabase.open(source)) {
            new ProfileSettings(large).self(ME);
            large.inTransaction(jdbc -> {
                var people = new People(large);
                for (int i = 0; i < PEOPLE; i++) {
                    people.name(new ClientId(i + 1L), "somebody-" + i);
                }
                return true;
            });
        }
        Path target = folder.resolve("target.db");
        var moments = new ArrayList<Path>();
        try (ProfileDatabase small = ProfileDatabase.open(target)) {
            // With little memory, pages reach the disk long before the commit.
            small.with(jdbc -> jdbc.sql("pragma cache_size = 10").update());
            small.replaceWith(source, (remaining, pages) -> moments.add(asAKillLeavesIt(target, moments.size())));
            assertThat(new ProfileSettings(small).self()).contains(ME);
            moments.add(asAKillLeavesIt(target, moments.size()));
        }
        assertThat(moments).as("moments in the middle").hasSizeGreaterThan(3);
        assertThat(moments.get(moments.size() - 2).resolve("target.db-wal"))
                .as("what is written before the commit")
                .satisfies(log -> assertThat(Files.size(log)).isGreaterThan(100_000));
        for (Path moment : moments) {
            try (ProfileDatabase left = ProfileDatabase.open(moment.resolve("target.db"))) {
                assertThat(left.check()).isEqualTo("ok");
                boolean last = moment.equals(moments.getLast());
                int people = new People(left).contacts().size();
                if (new ProfileSettings(left).self().isPresent()) {
                    assertThat(people).isEqualTo(PEOPLE);
                } else {
                    assertThat(people).isZero();
                    assertThat(last).as("it was committed").isFalse();
                }
            }
        }
        try (ProfileDatabase first = ProfileDatabase.open(moments.getFirst().resolve("target.db"))) {
            assertThat(new ProfileSettings(first).self())
                    .as("in the middle nothing is new")
                    .isEmpty();
        }
    }

    /** Copies the files as the next process would find them. */
    private Path asAKillLeavesIt(Path target, int moment) {
        try {
            Path copy = Files.createDirectory(folder.resolve("moment-" + moment));
            for (String name : List.of("target.db", "target.db-wal")) {
                Path file = target.resolveSibling(name);
                if (Files.exists(file)) {
                    Files.copy(file, copy.resolve(name));
                }
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
