package zap.server.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import zap.protocol.Reason;
import zap.protocol.transcript.Transcript;
import zap.protocol.transcript.Transcript.Action;
import zap.protocol.transcript.Transcript.Step;
import zap.protocol.transcript.Transcript.Word;

/**
 * Plays a {@link Transcript} against a real server, with a socket for each peer, and stops at the first difference. The
 * server may also be several nodes of one zap: then each peer connects to another node than the peer before it.
 */
public final class TranscriptPlayer {

    private static final int ID = 13;

    private static final String TOKEN = "zap.admin.token=";

    private final List<? extends TestedServer> nodes;
    private final List<String> properties;
    private Duration patience = WireClient.PATIENCE;
    private final Map<String, Peer> peers = new LinkedHashMap<>();
    private final Set<String> onRecvPort = new HashSet<>();
    private final Map<String, String> names = new HashMap<>();
    private final Map<Reason, Long> refusals = new EnumMap<>(Reason.class);
    private int connections;
    private int markers;

    private TranscriptPlayer(List<? extends TestedServer> nodes, List<String> properties) {
        this.properties = properties;
        this.nodes = nodes;
        refusals.putAll(refusals());
    }

    /** A peer in the story. */
    private static final class Peer {
        final WireClient wire;
        final boolean recv;
        /** Its client's id; empty while it has none. */
        String id = "";

        boolean open = true;

        Peer(WireClient wire, boolean recv) {
            this.wire = wire;
            this.recv = recv;
        }

        /** @param expected the expected length of the frame, which matters only on the recv port */
        String hear(int expected) {
            return recv ? wire.recv(expected) : wire.readFrame();
        }
    }

    /**
     * Plays a story.
     *
     * @param server has the properties that the story names; a {@link RunningServer} when the story restarts it
     */
    public static void play(Transcript story, TestedServer server) {
        play(story, List.of(server));
    }

    /**
     * Plays a story with its peers spread over nodes of one zap, in turn.
     *
     * @param nodes servers on one database, with the properties that the story names
     */
    public static void play(Transcript story, List<? extends TestedServer> nodes) {
        play(story, nodes, WireClient.PATIENCE);
    }

    /** @param atTheEnd maximum time for the last event; the others have {@link WireClient#PATIENCE} */
    static void play(Transcript transcript, List<? extends TestedServer> nodes, Duration atTheEnd) {
        var player = new TranscriptPlayer(nodes, transcript.properties());
        try {
            for (Step step : transcript.steps()) {
                if (step.equals(transcript.steps().getLast())) {
                    player.patience(atTheEnd);
                }
                try {
                    player.play(step.action());
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError("line %s: %s%n%s".formatted(step.line(), step.text(), e.getMessage()), e);
                }
            }
            player.nothingElseHappened();
        } finally {
            player.peers.values().forEach(peer -> peer.wire.close());
        }
    }

    private void patience(Duration most) {
        patience = most;
        peers.values().forEach(peer -> peer.wire.patience(most));
    }

    private void play(Action action) {
        switch (action) {
            case Action.Says(String name, List<Word> words, boolean padded) -> says(name, words, padded);
            case Action.Hears(String name, List<Word> words) -> hears(peer(name), words);
            case Action.HearsInAnyOrder(String name, List<List<Word>> frames) -> hearsInAnyOrder(peer(name), frames);
            case Action.HearsUpTo(String name, List<Word> words) -> hearsUpTo(peer(name), words);
            case Action.IsOnRecvPort(String name) -> onRecvPort.add(name);
            case Action.Connects(String name) -> connects(name);
            case Action.HangsUp(String name) -> hangsUp(peer(name));
            case Action.IsClosed(String name) -> {
                peer(name).wire.expectClosed();
                peer(name).open = false;
            }
            case Action.GoesOn(String name) -> mark(peer(name));
            case Action.Refused(Reason reason, int times) -> refused(reason, times);
            case Action.NothingHappens(var time) -> {
                try {
                    Thread.sleep(time); // part of the story
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
            case Action.OperatorForgets(String name) -> forgets(known(name));
            case Action.ServerRestarts() -> restarts();
            case Action.Begins _, Action.Types _, Action.Shows _ ->
                throw new IllegalArgumentException("This line is for a client under test");
        }
    }

    private Peer peer(String name) {
        Peer peer = peers.get(name);
        if (peer == null) {
            throw new IllegalArgumentException(name + " has not connected");
        }
        return peer;
    }

    private Peer connects(String name) {
        boolean recv = onRecvPort.contains(name);
        TestedServer server = nodes.get(connections++ % nodes.size());
        WireClient wire = recv ? server.connectRecv(name) : server.connect(name);
        var peer = new Peer(wire.patience(patience), recv);
        if (peers.put(name, peer) != null) {
            throw new IllegalArgumentException(name + " is connected already");
        }
        return peer;
    }

    private void says(String name, List<Word> words, boolean padded) {
        Peer peer = peers.get(name);
        if (peer == null) {
            peer = connects(name);
        }
        String text = said(words);
        peer.wire.send(padded && !peer.recv ? FrameText.padded(text) : text);
        if (text.matches("03[0-9]{13}") && peer.id.isEmpty()) {
            peer.id = text.substring(2);
        }
    }

    private String said(List<Word> words) {
        var text = new StringBuilder();
        for (Word word : words) {
            text.append(
                    switch (word) {
                        case Word.Literal(String literal) -> literal;
                        case Word.Name(String name) -> known(name);
                    });
        }
        return text.toString();
    }

    private String known(String name) {
        String value = names.get(name);
        if (value == null) {
            throw new IllegalArgumentException("Nobody has heard of {" + name + "} yet");
        }
        return value;
    }

    private void hears(Peer peer, List<Word> words) {
        String heard = peer.hear(lengthOf(words));
        learn(words, heard);
        expect(peer, expected(peer, words), heard);
        if (heard.startsWith("02") || heard.startsWith("04")) {
            peer.id = heard.substring(2, 2 + ID);
        }
    }

    /** Returns the length of the frame, without padding. */
    private int lengthOf(List<Word> words) {
        int length = 0;
        for (int i = 0; i < words.size(); i++) {
            length += switch (words.get(i)) {
                case Word.Literal(String literal) -> literal.length();
                case Word.Name(String name) ->
                    names.containsKey(name) ? names.get(name).length() : widthOfField(words, i);
            };
        }
        return length;
    }

    private static int widthOfField(List<Word> words, int field) {
        return words.getFirst() instanceof Word.Literal(String code)
                ? FrameText.fields(code).get(field - 1)
                : 0;
    }

    private static void expect(Peer peer, String expected, String heard) {
        if (!heard.equals(expected)) {
            throw new AssertionError("%s should hear %s%nbut heard %s"
                    .formatted(peer.wire, FrameText.shown(expected), FrameText.shown(heard)));
        }
    }

    private String expected(Peer peer, List<Word> words) {
        String frame = said(words);
        return peer.recv ? frame : FrameText.padded(frame);
    }

    /** Gives the new names their meaning: the content of their fields. */
    private void learn(List<Word> words, String heard) {
        if (!words.getFirst().equals(new Word.Literal(heard.substring(0, 2)))) {
            return; // another frame than expected
        }
        List<Integer> fields = FrameText.fields(heard.substring(0, 2));
        int at = 2;
        for (int i = 1; i < words.size() && i <= fields.size(); i++) {
            int width = fields.get(i - 1);
            if (words.get(i) instanceof Word.Name(String name) && !names.containsKey(name)) {
                String value = heard.substring(at, Math.min(heard.length(), at + width));
                if (!value.matches("[0-9]{" + width + "}")) {
                    throw new AssertionError("{" + name + "} should be " + width + " digits, not " + value);
                }
                if (width == ID && !value.startsWith(heard.startsWith("11") ? "2" : "1")) {
                    throw new AssertionError(
                            "a client's id begins with 1, a group's with 2, but {" + name + "} is " + value);
                }
                names.put(name, value);
            }
            at += width;
        }
    }

    private void hearsInAnyOrder(Peer peer, List<List<Word>> frames) {
        var expected = new ArrayList<String>();
        frames.forEach(words -> expected.add(expected(peer, words)));
        while (!expected.isEmpty()) {
            String heard = peer.hear(expected.getFirst().length());
            if (!expected.remove(heard)) {
                throw new AssertionError("%s should hear one of %s%nbut heard %s"
                        .formatted(
                                peer.wire,
                                expected.stream().map(FrameText::shown).toList(),
                                FrameText.shown(heard)));
            }
        }
    }

    private void hearsUpTo(Peer peer, List<Word> words) {
        String last = said(words);
        String codeAndId = last.substring(0, 2 + ID);
        String before = codeAndId;
        while (!before.equals(last)) {
            String heard = peer.hear(last.length());
            boolean rises = heard.startsWith(codeAndId) && heard.compareTo(before) > 0 && heard.compareTo(last) <= 0;
            if (!rises) {
                expect(peer, last, heard);
            }
            before = heard;
        }
    }

    private static void hangsUp(Peer peer) {
        // The server closes when it has understood the frame, so later lines of the story come after that, too.
        peer.wire.saysNoMore();
        peer.wire.expectClosed();
        peer.wire.close();
        peer.open = false;
    }

    /** Forgets a client as {@code ./zap admin} does, and returns when it is done. */
    private void forgets(String id) {
        String token = properties.stream()
                .filter(property -> property.startsWith(TOKEN))
                .map(property -> property.substring(TOKEN.length()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("The story needs a server with " + TOKEN + "…"));
        var request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + nodes.getFirst().httpPort() + "/actuator/clients/" + id))
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(("admin:" + token).getBytes(UTF_8)))
                .DELETE()
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void restarts() {
        for (TestedServer node : nodes) {
            if (!(node instanceof RunningServer running)) {
                throw new IllegalArgumentException("The story needs a server of its own");
            }
            running.restart();
        }
        for (Peer peer : peers.values()) {
            if (peer.open) {
                peer.wire.expectClosed();
                peer.open = false;
            }
        }
        refusals.replaceAll((reason, count) -> 0L);
    }

    private void refused(Reason reason, int times) {
        long expected = refusals.get(reason) + times;
        RunningServer.await(
                times + " more refused: " + reason, patience, () -> refusals().get(reason) >= expected);
        refusals.put(reason, expected);
        assertThat(refusals()).as("what was refused").isEqualTo(refusals);
    }

    /** Returns the number of refusals for every reason, of all nodes. */
    private Map<Reason, Long> refusals() {
        var sums = new EnumMap<Reason, Long>(Reason.class);
        nodes.forEach(node -> node.refusals().forEach((reason, count) -> sums.merge(reason, count, Long::sum)));
        return sums;
    }

    /** Sends the peer a mark through its own mailbox, which must be the next frame that it reads. */
    private void mark(Peer peer) {
        if (peer.id.isEmpty()) {
            peer.wire.send("01");
            String heard = peer.hear(2 + ID);
            assertThat(heard)
                    .as("the answer to 01, which is the next that %s hears", peer.wire)
                    .matches("021[0-9]{12}");
            peer.id = heard.substring(2);
            return;
        }
        String mark = "marker " + (++markers);
        String sent = "05" + peer.id + peer.id + "0000000000" + mark;
        String told = "06" + peer.id + peer.id + "0000000000" + mark;
        String receipt = "07" + peer.id + "0000000000";
        peer.wire.send(peer.recv ? sent : FrameText.padded(sent));
        expect(peer, peer.recv ? told : FrameText.padded(told), peer.hear(told.length()));
        expect(peer, receipt, peer.hear(receipt.length()));
    }

    /**
     * Checks that no peer has received more than the story tells.
     *
     * <p>In the first round the server handles everything that the peers have sent or received. The frames that this
     * causes are in the mailboxes before the marks of the second round.
     */
    private void nothingElseHappened() {
        for (int round = 1; round <= 2; round++) {
            for (Peer peer : peers.values()) {
                if (peer.open) {
                    try {
                        mark(peer);
                    } catch (AssertionError e) {
                        throw new AssertionError("after the last line, something else happened:\n" + e.getMessage(), e);
                    }
                }
            }
        }
        assertThat(refusals()).as("after the last line: what was refused").isEqualTo(refusals);
    }
}
