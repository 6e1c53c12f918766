package zap.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PublicKeyBytes;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.ServerConnection;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Unread;
import zap.shell.store.Profile;
import zap.shell.store.ProfileSettings;

/**
 * A real client without a screen, as a process that can be killed: what the shell does between its commands and the
 * network, driven by lines on standard input. Each is answered by one line that begins with its first word, or by
 * "failed".
 */
final class Participant {

    private Participant() {}

    /**
     * Runs until its input ends.
     *
     * @param arguments the folder of the profiles, the profile's name, and the server
     */
    public static void main(String[] arguments) throws IOException {
        Path home = Path.of(arguments[0]);
        Profile profile = Profile.named(arguments[1], Map.of("ZAP_HOME", home.toString()), home);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (var client = new ProfileClient(profile, Clock.systemUTC(), new SecureRandom())) {
            ProfileSettings.Server server = ProfileSettings.Server.parse(arguments[2], false);
            out.println("ready");
            String line;
            while ((line = in.readLine()) != null && !line.equals("quit")) {
                out.println(answer(client, server, line));
            }
        }
    }

    private static String answer(ProfileClient client, ProfileSettings.Server server, String line) {
        String[] words = line.split(" ", 3);
        try {
            return switch (words[0]) {
                case "register" -> "register " + client.register(server).id();
                case "adopt" -> adopt(client, server, ClientId.parse(words[1]), words[2]);
                case "open" -> open(client, server);
                case "shut" -> shut(client);
                case "caught-up" ->
                    "caught-up "
                            + (client.isCaughtUp()
                                    && client.state()
                                            .map(ServerConnection.State::phase)
                                            .filter(ServerConnection.Phase.ONLINE::equals)
                                            .isPresent());
                case "send" ->
                    "send " + client.write(address(words[1]), words[2]).getFirst() + " " + words[2];
                case "see" -> "see " + see(client);
                case "group" -> "group " + client.requestGroup(words[1], ids(words[2]));
                default -> throw new IllegalArgumentException(line);
            };
        } catch (IOException | UncheckedIOException e) {
            return "failed " + e;
        }
    }

    private static String open(ProfileClient client, ProfileSettings.Server server) {
        if (!client.server().equals(server)) {
            client.settings().server(server);
        }
        if (client.open(ClientListener.NOBODY, state -> {}) == ProfileClient.Opening.ELSEWHERE) {
            throw new IllegalStateException("the profile is in use");
        }
        return "open " + client.state().map(ServerConnection.State::phase).orElse(ServerConnection.Phase.OFF);
    }

    /** Becomes an identity that was made elsewhere: its secret, a colon, its public key, both in hex. */
    private static String adopt(ProfileClient client, ProfileSettings.Server server, ClientId id, String key) {
        String[] halves = key.split(":", 2);
        HexFormat hex = HexFormat.of();
        client.adopt(server, id, IdentityKey.of(hex.parseHex(halves[0]), PublicKeyBytes.of(hex.parseHex(halves[1]))));
        return "adopt " + id;
    }

    private static String shut(ProfileClient client) {
        client.disconnect();
        return "shut " + client.state().map(ServerConnection.State::phase).orElse(ServerConnection.Phase.OFF);
    }

    private static int see(ProfileClient client) {
        List<Long> unseen = client.messages().unread().stream()
                .map(Unread::chat)
                .flatMap(chat -> client.messages().unseen(chat).stream())
                .map(Message::number)
                .toList();
        client.seen(unseen);
        return unseen.size();
    }

    private static Address address(String digits) {
        return new Address(Long.parseLong(digits));
    }

    private static List<ClientId> ids(String digits) {
        return Arrays.stream(digits.split(" ", -1)).map(ClientId::parse).toList();
    }
}
