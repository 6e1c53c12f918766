package zap.shell.command;

import org.jspecify.annotations.Nullable;
import zap.shell.store.ProfileSettings;

/**
 * What was said about the server before the command; what was not said is as it was.
 *
 * @param address as it was typed; null when it was not said
 * @param wire whether short frames are spoken; null when it was not said
 * @param encrypted whether it is to be encrypted; null when it was not said, and then it stays as it was
 * @param ca a file with the certificates of whom to trust, or {@code system}; null when it was not said
 * @param pin of the server's key, or {@code none}; null when it was not said
 */
record ServerOptions(
        @Nullable String address,
        @Nullable Boolean wire,
        @Nullable Boolean encrypted,
        @Nullable String ca,
        @Nullable String pin) {

    /** What stands for those whom the system trusts. */
    static final String SYSTEM = "system";

    /** What stands for any key. */
    static final String NO_PIN = "none";

    /** Reads a file of certificates. */
    interface Files {
        /** Its text, or a refusal that says what is wrong with it. */
        String certificates(String file);
    }

    /** Short frames are spoken in the clear alone. */
    static final class NotEncryptedException extends Exception {
        private static final long serialVersionUID = 1L;

        NotEncryptedException() {
            super(null, null, false, false);
        }
    }

    /**
     * The server that is meant. What was encrypted stays so, also at another address, until somebody says otherwise.
     *
     * @param before the server as the profile has it
     * @throws NotEncryptedException when it is to be encrypted, and cannot
     * @throws IllegalArgumentException when the address is none
     */
    ProfileSettings.Server resolve(ProfileSettings.Server before, Files files) throws NotEncryptedException {
        boolean shortFrames = wire != null && wire;
        boolean tls = isEncrypted(before.tls() != null);
        if (tls && shortFrames) {
            throw new NotEncryptedException();
        }
        String where = address != null ? address : whereItWas(before, shortFrames, tls);
        ProfileSettings.Server server =
                ProfileSettings.Server.parse(where, shortFrames, tls ? ProfileSettings.Tls.USUAL : null);
        return tls ? trusting(server, before, files) : server;
    }

    private boolean isEncrypted(boolean before) {
        if (address != null && address.startsWith(ProfileSettings.Server.ENCRYPTED)) {
            return true;
        }
        if (address != null && address.startsWith(ProfileSettings.Server.IN_THE_CLEAR)) {
            return false;
        }
        return encrypted != null ? encrypted : before;
    }

    private String whereItWas(ProfileSettings.Server before, boolean shortFrames, boolean tls) {
        if (encrypted == null) {
            return "localhost"; // only how it speaks was said
        }
        boolean same = before.tls() != null == tls && before.shortFrames() == shortFrames;
        boolean usual = before.port() == ProfileSettings.Server.usualPort(before.shortFrames(), before.tls() != null);
        int port = !same && usual ? ProfileSettings.Server.usualPort(shortFrames, tls) : before.port();
        return new ProfileSettings.Server(before.host(), port, shortFrames).address();
    }

    private ProfileSettings.Server trusting(ProfileSettings.Server server, ProfileSettings.Server before, Files files) {
        ProfileSettings.@Nullable Tls known = before.tls();
        @Nullable String authorities = known == null ? null : known.authorities();
        if (ca != null) {
            authorities = ca.equals(SYSTEM) ? null : files.certificates(ca);
        }
        // A pin is one server's.
        @Nullable String key = known == null || !before.address().equals(server.address()) ? null : known.pin();
        if (pin != null) {
            key = pin.equals(NO_PIN) ? null : pin;
        }
        return new ProfileSettings.Server(
                server.host(), server.port(), false, new ProfileSettings.Tls(authorities, key));
    }
}
