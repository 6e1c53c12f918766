package zap.shell.command.context;

import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import zap.shell.store.ProfileSettings;

/**
 * Server options given before the command. Options that were not given keep the profile's value.
 *
 * @param address the address as typed; null when not given
 * @param wire whether to use short frames; null when not given
 * @param encrypted whether to encrypt; null when not given
 * @param ca a file with the trusted certificates, or {@code system}; null when not given
 * @param pin the pin of the server's key, or {@code none}; null when not given
 */
record ServerOptions(
        @Nullable String address,
        @Nullable Boolean wire,
        @Nullable Boolean encrypted,
        @Nullable String ca,
        @Nullable String pin) {

    /** The value for the authorities that the system trusts. */
    static final String SYSTEM = "system";

    /** The value for any key. */
    static final String NO_PIN = "none";

    /** The reader of a file of certificates. */
    interface Files {
        /** Returns the text of the file, or refuses with what is wrong with it. */
        String certificates(String file);
    }

    /** Signals that short frames cannot be encrypted. */
    static final class NotEncryptedException extends Exception {
        private static final long serialVersionUID = 1L;

        NotEncryptedException() {
            super(null, null, false, false);
        }
    }

    /**
     * Returns the server with these options applied. Encryption stays on, also at another address, until an option
     * turns it off.
     *
     * @param before the server as the profile has it
     * @throws NotEncryptedException when it should be encrypted and uses short frames
     * @throws IllegalArgumentException when the address cannot be parsed
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
        int usualBefore = ProfileSettings.Server.usualPort(before.shortFrames(), before.tls() != null);
        int usual = ProfileSettings.Server.usualPort(shortFrames, tls);
        return before.addresses().stream()
                .map(at -> new ProfileSettings.HostAndPort(at.host(), at.port() == usualBefore ? usual : at.port()))
                .map(ProfileSettings.HostAndPort::toString)
                .collect(Collectors.joining(","));
    }

    private ProfileSettings.Server trusting(ProfileSettings.Server server, ProfileSettings.Server before, Files files) {
        ProfileSettings.@Nullable Tls known = before.tls();
        @Nullable String authorities = known == null ? null : known.authorities();
        if (ca != null) {
            authorities = ca.equals(SYSTEM) ? null : files.certificates(ca);
        }
        // A pin belongs to one server.
        @Nullable String key = known == null || !before.address().equals(server.address()) ? null : known.pin();
        if (pin != null) {
            key = pin.equals(NO_PIN) ? null : pin;
        }
        return new ProfileSettings.Server(server.addresses(), false, new ProfileSettings.Tls(authorities, key));
    }
}
