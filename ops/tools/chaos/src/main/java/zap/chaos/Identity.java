package zap.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;

/**
 * An identity with its stores: the first lasts as long as the world, a second one for the rest of a run.
 *
 * <p>One store at a time is to be connected. The server sees to it, too: a session replaces the one before, and a
 * client that was replaced does not dial again by itself.
 */
final class Identity implements AutoCloseable {

    private final String name;
    private final Path home;
    private final List<Integer> serverPorts;
    private final int preferred;
    private final List<ParticipantProcess> stores = new ArrayList<>();
    private final List<Path> removed = new ArrayList<>();
    private int active;
    private int made;
    private @Nullable Path backup;

    /**
     * @param home the folder of all stores
     * @param serverPorts the port of each node
     * @param preferred which node the first store tries first; the next store the next one
     */
    Identity(String name, Path home, List<Integer> serverPorts, int preferred) {
        this.name = name;
        this.home = home;
        this.serverPorts = List.copyOf(serverPorts);
        this.preferred = preferred;
    }

    /** Gets a number, and connects. */
    void begin() throws IOException {
        ParticipantProcess first = make(name);
        stores.add(first);
        first.start();
        first.register();
        first.open();
    }

    private ParticipantProcess make(String store) throws IOException {
        return new ParticipantProcess(
                store, home, new Ways(serverPorts, (preferred + stores.size()) % serverPorts.size()));
    }

    ClientId id() {
        return first().id();
    }

    ParticipantProcess first() {
        return stores.getFirst();
    }

    /** Returns the store that is to be connected. */
    ParticipantProcess active() {
        return stores.get(active);
    }

    List<ParticipantProcess> stores() {
        return List.copyOf(stores);
    }

    boolean hasSecond() {
        return stores.size() > 1;
    }

    /** Returns one of the stores: where there is one alone, that. */
    ParticipantProcess store(int place) {
        return stores.get(place % stores.size());
    }

    /**
     * Makes a second store by copying the folder of the first, whose process must not run. It is started, and not
     * connected.
     */
    ParticipantProcess copyFirst() throws IOException {
        String store = nextName();
        ParticipantProcess second = make(store);
        first().copyFolder(home.resolve(store));
        second.takeFolderOf(id());
        second.start();
        stores.add(second);
        return second;
    }

    /** Makes a second store from the key alone. It is started, and not connected. */
    ParticipantProcess importKey() throws IOException {
        ParticipantProcess second = make(nextName());
        second.start();
        second.adopt(id(), first().key());
        stores.add(second);
        return second;
    }

    private String nextName() {
        made++;
        return name + "-" + made;
    }

    /** Copies the folder of the first store, whose process must not run, and puts the copy away. */
    void backUp() throws IOException {
        Path folder = aside("backup");
        first().copyFolder(folder);
        backup = folder;
    }

    /**
     * Puts the copy that was put away in the place of the first store, whose process must not run; returns false where
     * there is none.
     */
    boolean putBack() throws IOException {
        Path folder = backup;
        if (folder == null) {
            return false;
        }
        first().replaceFolder(folder, aside("replaced"));
        return true;
    }

    private Path aside(String what) {
        made++;
        Path folder = home.resolve(name + "-" + what + "-" + made);
        removed.add(folder);
        return folder;
    }

    /** Connects another store than before. */
    void turn(boolean orderly) throws IOException {
        turnTo((active + 1) % stores.size(), orderly);
    }

    /** Connects this store, and no other. */
    void turnTo(int place, boolean orderly) throws IOException {
        if (place != active && orderly) {
            active().shut();
        }
        active = place;
        active().open();
    }

    /**
     * Goes on with the first store alone.
     *
     * @param keep whether the folders that are not used any more stay on disk
     */
    void endOfRun(boolean keep) throws IOException {
        active = 0;
        backup = null;
        while (hasSecond()) {
            ParticipantProcess second = stores.removeLast();
            second.kill();
            if (!keep) {
                second.deleteFolder();
            }
            second.close();
        }
        if (!keep) {
            for (Path folder : removed) {
                Folders.delete(folder);
            }
        }
        removed.clear();
        first().open();
    }

    @Override
    public void close() throws IOException {
        for (ParticipantProcess store : stores) {
            store.close();
        }
    }
}
