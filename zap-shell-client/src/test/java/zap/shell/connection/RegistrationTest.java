package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static zap.shell.connection.ScriptedTransport.hangsUp;
import static zap.shell.connection.ScriptedTransport.silence;

import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.StreamId;
import zap.shell.connection.Registration.Registered;
import zap.shell.identity.IdentityKey;

class RegistrationTest {

    private static final ClientId ID = ClientId.parse("1000000000001");
    private static final ClientId WITHOUT_KEY = ClientId.parse("1000000000002");
    private static final Nonce NONCE = Nonce.of(new byte[Nonce.BYTES]);
    private static final Frame WELCOME = new Frame.Welcome(2, NONCE);
    private static final Frame.Hello HELLO = new Frame.Hello(2);
    private static final Frame.Register REGISTER = new Frame.Register();
    private static final StreamId STREAM = new StreamId(77);

    private final IdentityKey key = IdentityKey.generate();
    private final Frame registerWithKey = key.register(NONCE, STREAM);

    /** The server's frames for each connection. */
    private final Deque<List<@Nullable Frame>> connections = new ArrayDeque<>();

    private final List<Frame> heard = new ArrayList<>();
    private int open;
    private boolean welcomed;
    private boolean cancelled;

    private Registered register() throws IOException {
        FrameChannel.Dialer dialer = () -> {
            if (connections.isEmpty()) {
                throw cancelled ? new CancellableDialer.CancelledException() : new EOFException("nobody listens");
            }
            open++;
            return new FrameChannel(new ScriptedTransport(connections.remove(), heard, () -> open--), new FullWidth());
        };
        return new Registration(dialer, Duration.ofMillis(50)).withKeyIfPossible(new Registration.Terms() {
            @Override
            public boolean mayBeWithoutKey() {
                return !welcomed;
            }

            @Override
            public void welcomed() {
                welcomed = true;
            }

            @Override
            public IdentityKey key() {
                return key;
            }

            @Override
            public StreamId stream() {
                return STREAM;
            }
        });
    }

    @AfterEach
    void noConnectionIsLeftOpen() {
        assertThat(open).isZero();
        assertThat(connections).isEmpty();
    }

    @Test
    void aServerThatKnowsKeysGivesANumberWithOne() throws Exception {
        connections.add(List.of(WELCOME, new Frame.Registered(ID)));
        assertThat(register()).isEqualTo(new Registered(ID, Optional.of(key)));
        assertThat(heard).containsExactly(HELLO, registerWithKey);
    }

    @Test
    void aServerThatClosesAtHelloGivesANumberWithoutAKey() throws Exception {
        connections.add(hangsUp());
        connections.add(List.of(new Frame.Registered(WITHOUT_KEY)));
        connections.add(hangsUp());
        assertThat(register()).isEqualTo(new Registered(WITHOUT_KEY, Optional.empty()));
        assertThat(heard).containsExactly(HELLO, REGISTER, HELLO);
    }

    @Test
    void aServerThatIsSilentAtHelloGivesANumberWithoutAKey() throws Exception {
        connections.add(silence());
        connections.add(List.of(new Frame.Registered(WITHOUT_KEY)));
        connections.add(silence());
        assertThat(register()).isEqualTo(new Registered(WITHOUT_KEY, Optional.empty()));
    }

    @Test
    void aServerThatHadNoRoomAtHelloIsNotTakenForOneWithoutKeys() throws Exception {
        connections.add(hangsUp());
        connections.add(List.of(new Frame.Registered(WITHOUT_KEY)));
        connections.add(List.of(WELCOME, new Frame.Registered(ID)));
        assertThat(register()).isEqualTo(new Registered(ID, Optional.of(key)));
        assertThat(heard).containsExactly(HELLO, REGISTER, HELLO, registerWithKey);
    }

    @Test
    void aNumberWithoutAKeyIsNotLostWhenTheServerCannotBeGreetedAgain() throws Exception {
        connections.add(hangsUp());
        connections.add(List.of(new Frame.Registered(WITHOUT_KEY)));
        assertThat(register()).isEqualTo(new Registered(WITHOUT_KEY, Optional.empty()));
    }

    @Test
    void aNumberWithoutAKeyIsNotTakenWhenTheSecondGreetingIsCancelled() {
        connections.add(hangsUp());
        connections.add(List.of(new Frame.Registered(WITHOUT_KEY)));
        cancelled = true;
        assertThatThrownBy(this::register).isInstanceOf(CancellableDialer.CancelledException.class);
    }

    @Test
    void aServerThatWelcomesAndThenHangsUpGivesNoNumberYet() {
        connections.add(hangsUp());
        connections.add(List.of(new Frame.Registered(WITHOUT_KEY)));
        List<@Nullable Frame> welcomesAndHangsUp = hangsUp();
        welcomesAndHangsUp.addFirst(WELCOME);
        connections.add(welcomesAndHangsUp);
        assertThatThrownBy(this::register).isInstanceOf(IOException.class);
    }
}
