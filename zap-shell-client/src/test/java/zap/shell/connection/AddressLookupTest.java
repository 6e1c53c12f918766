package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests that a name server that does not answer does not keep a client from a server that it knows. */
class AddressLookupTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SHORT = Duration.ofMillis(5);

    private final CountDownLatch nameServerAnswers = new CountDownLatch(1);
    private final AtomicInteger lookups = new AtomicInteger();
    private final Map<String, List<InetAddress>> names = new ConcurrentHashMap<>(Map.of(
            "one.example", List.of(InetAddress.ofLiteral("192.0.2.1")),
            "slow.example", List.of(InetAddress.ofLiteral("192.0.2.2"))));

    @AfterEach
    void answer() {
        nameServerAnswers.countDown();
    }

    private List<InetAddress> resolve(String host) throws UnknownHostException {
        lookups.incrementAndGet();
        if (host.startsWith("slow")) {
            try {
                nameServerAnswers.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        if (!names.containsKey(host)) {
            throw new UnknownHostException(host);
        }
        return names.get(host);
    }

    private AddressLookup lookup(Duration grace, String... hosts) {
        return new AddressLookup(
                Stream.of(hosts).map(host -> new Endpoint(host, 7777)).toList(), this::resolve, grace);
    }

    private static long in(Duration time) {
        return System.nanoTime() + time.toNanos();
    }

    private static List<String> hosts(List<ServerAddress> addresses) {
        return addresses.stream().map(address -> address.endpoint().host()).toList();
    }

    @Test
    void allNamesAreLookedUpAndTheOrderStays() throws Exception {
        AddressLookup.Query query = lookup(LONG, "192.0.2.9", "one.example").query();
        assertThat(hosts(query.awaitOthersThan(Set.of(), in(LONG)))).containsExactly("192.0.2.9", "one.example");
        assertThat(query.isComplete()).isTrue();
        assertThat(lookups).hasValue(1);
    }

    @Test
    void aNameWithoutAnAnswerDelaysTheOthersByAMomentAndIsTakenWhenItsAnswerComes() throws Exception {
        AddressLookup.Query query =
                lookup(SHORT, "slow.example", "192.0.2.9", "one.example").query();
        List<ServerAddress> first = query.awaitOthersThan(Set.of(), in(LONG));
        assertThat(hosts(first)).contains("192.0.2.9").doesNotContain("slow.example");
        assertThat(query.isComplete()).isFalse();
        var known = new HashSet<>(first);
        known.addAll(query.awaitOthersThan(known, in(SHORT)));
        nameServerAnswers.countDown();
        known.addAll(query.awaitOthersThan(known, in(LONG)));
        assertThat(hosts(new ArrayList<>(known))).contains("slow.example");
    }

    @Test
    void aNameServerThatNeverAnswersDoesNotHoldTheClientLongerThanItsPatienceAndHoldsOneThread() throws Exception {
        AddressLookup lookup = lookup(SHORT, "slow.example");
        for (int dial = 0; dial < 3; dial++) {
            assertThat(lookup.query().awaitOthersThan(Set.of(), in(SHORT))).isEmpty();
        }
        nameServerAnswers.countDown();
        assertThat(lookup.query().awaitOthersThan(Set.of(), in(LONG))).hasSize(1);
        assertThat(lookups.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void aNameWithoutAnAddressIsTroubleOnlyWhenThereIsNoOther() throws Exception {
        assertThat(hosts(lookup(LONG, "nowhere.example", "one.example").query().awaitOthersThan(Set.of(), in(LONG))))
                .containsExactly("one.example");
        AddressLookup.Query query =
                lookup(LONG, "nowhere.example", "neither.example").query();
        assertThat(query.awaitOthersThan(Set.of(), in(LONG))).isEmpty();
        assertThat(query.isComplete()).isTrue();
        assertThat(query.failure()).hasMessage("nowhere.example, neither.example");
    }

    @Test
    void everyDialAsksAgainBecauseAServerMayMove() throws Exception {
        AddressLookup lookup = lookup(LONG, "one.example");
        lookup.query().awaitOthersThan(Set.of(), in(LONG));
        names.put("one.example", List.of(InetAddress.ofLiteral("192.0.2.77")));
        assertThat(lookup.query()
                        .awaitOthersThan(Set.of(), in(LONG))
                        .getFirst()
                        .socket()
                        .getAddress()
                        .getHostAddress())
                .isEqualTo("192.0.2.77");
    }
}
