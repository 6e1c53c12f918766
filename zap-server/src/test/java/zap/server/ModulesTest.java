package zap.server;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The dependencies between packages. Data goes one way: gateway → messaging, group, identity → mailbox → (after commit,
 * through an interface of the mailbox's own) gateway.
 *
 * <p>A rule about a package that does not exist yet holds. A package without a row in the table fails a test.
 */
class ModulesTest {

    /**
     * Each package of the server, and the others that it may use. A name stands for that package alone and not for
     * those below it: so only the gateway's own packages see the classes that are public for each other. The root
     * package puts them together and may use all.
     */
    static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            entry(
                    "gateway",
                    List.of(
                            "gateway.tcp",
                            "gateway.tls",
                            "gateway.session",
                            "gateway.outbox",
                            "gateway.settings",
                            "mailbox")),
            entry("gateway.tcp", List.of("gateway.tls", "gateway.session", "gateway.settings")),
            entry("gateway.tls", List.of("gateway.session", "gateway.settings")),
            entry(
                    "gateway.session",
                    List.of(
                            "gateway.outbox",
                            "gateway.settings",
                            "messaging",
                            "group",
                            "identity",
                            "mailbox",
                            "cluster",
                            "tracing")),
            entry("gateway.outbox", List.of("gateway.settings", "mailbox", "tracing")),
            entry("gateway.settings", List.of("mailbox")),
            entry("messaging", List.of("group", "identity", "mailbox")),
            entry("group", List.of("identity", "mailbox")),
            entry("identity", List.of("mailbox")),
            entry("mailbox", List.of("tracing")),
            entry("tracing", List.of()),
            entry("cluster", List.of("mailbox", "database")),
            entry("database", List.of()),
            entry("trial", List.of("database")),
            entry("ops", List.of("gateway", "messaging", "group", "identity", "mailbox", "cluster", "database")));

    private static JavaClasses zap;

    @BeforeAll
    static void readTheClasses() {
        zap = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("zap");
    }

    static Set<String> packages() {
        return new TreeSet<>(MAY_USE.keySet());
    }

    /**
     * Guards against an old ArchUnit, which cannot read new class files: it warns, finds nothing, and every rule holds.
     */
    @Test
    void theClassesAreReallyRead() {
        assertThat(zap.contain(ZapServer.class)).isTrue();
        assertThat(zap.that(resideInAPackage("zap.protocol")).size()).isGreaterThan(5);
        assertThat(zap.get(ZapServer.class).getDirectDependenciesFromSelf()).isNotEmpty();
    }

    @Test
    void everyPackageHasItsPlaceInTheTable() {
        Set<String> there = zap.that(resideInAPackage("zap.server.*..")).stream()
                .map(type -> type.getPackageName().substring("zap.server.".length()))
                .collect(Collectors.toSet());
        assertThat(packages()).containsAll(there);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void aPackageUsesOnlyWhatItMay(String name) {
        var others = new TreeSet<>(packages());
        others.remove(name);
        others.removeAll(MAY_USE.get(name));
        if (!others.isEmpty()) {
            check(noClasses()
                    .that()
                    .resideInAPackage(exactly(name))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            others.stream().map(ModulesTest::exactly).toArray(String[]::new)));
        }
    }

    @Test
    void theTableItselfHasNoCircle() {
        var left = new TreeMap<>(MAY_USE);
        while (!left.isEmpty()) {
            List<String> lowest = left.entrySet().stream()
                    .filter(row -> row.getValue().stream().noneMatch(left::containsKey))
                    .map(Map.Entry::getKey)
                    .toList();
            assertThat(lowest).as("rows that use none of " + left.keySet()).isNotEmpty();
            lowest.forEach(left::remove);
        }
    }

    /** Checks that only the gateway's packages use its inner packages, and the root, which starts the server. */
    @Test
    void onlyTheGatewayKnowsItsInnerPackages() {
        check(noClasses()
                .that(resideInAPackage("zap..").and(not(resideInAnyPackage(within("gateway"), "zap.server"))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("zap.server.gateway.*.."));
    }

    @Test
    void noPackagesGoRoundInACircle() {
        check(slices().matching("zap.server.(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyTheRootMayUseTheRoot() {
        check(noClasses()
                .that()
                .resideInAPackage("zap.server.*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("zap.server"));
    }

    @Test
    void theProtocolKnowsTheJdkAndNothingElse() {
        check(classes()
                .that()
                .resideInAPackage("zap.protocol..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("zap.protocol..", "java..", "org.jspecify.annotations"));
    }

    /** Checks that the protocol only knows bytes: it never logs, waits, or reads a clock. */
    @Test
    void theProtocolNeitherWaitsNorLooksAtAClock() {
        check(noClasses()
                .that()
                .resideInAPackage("zap.protocol..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.util.concurrent..", "java.util.logging..", "java.net..")
                        .or(named(java.time.Clock.class, Thread.class, System.Logger.class))));
        check(noClasses()
                .that()
                .resideInAPackage("zap.protocol..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now"));
    }

    @Test
    void onlyTheTcpPackageAndTheLinksBetweenNodesKnowSpringIntegration() {
        check(noClasses()
                .that(resideInAPackage("zap..").and(not(resideInAnyPackage(within("gateway.tcp"), within("cluster")))))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework.integration..", "org.springframework.messaging.."));
    }

    /** Checks that none of it is loaded when tracing is off. */
    @Test
    void onlyWhatTracesKnowsOpenTelemetry() {
        Set<String> know = Set.of(
                "OpenTelemetryConfiguration", "OpenTelemetryTracing", "TracedEntry", "TracedMail", "ExportFailureLog");
        check(noClasses()
                .that(resideInAPackage("zap..")
                        .and(not(resideInAPackage(within("tracing"))
                                .and(DescribedPredicate.describe(
                                        "belong to them",
                                        type -> know.contains(type.getName().replaceAll(".*\\.|\\$.*", "")))))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.opentelemetry.."));
    }

    @Test
    void onlyTheGatewayKnowsSockets() {
        check(noClasses()
                .that(resideInAPackage("zap.server..")
                        .and(not(resideInAnyPackage(
                                within("gateway"), within("database"), within("cluster"), within("trial")))))
                .should()
                .dependOnClassesThat(named(java.net.Socket.class, java.net.ServerSocket.class)
                        .or(resideInAPackage("java.nio.channels.."))));
    }

    /** Checks that only the mailbox knows how mail is kept: no other package uses its entities and repositories. */
    @Test
    void entitiesAndRepositoriesStayInTheirPackage() {
        check(classes()
                .that()
                .areAnnotatedWith("jakarta.persistence.Entity")
                .or()
                .areAnnotatedWith("jakarta.persistence.Embeddable")
                .or()
                .areAssignableTo("org.springframework.data.repository.Repository")
                .should()
                .notBePublic());
    }

    /** Checks that clocks are constructor parameters, so that a test can set them. */
    @Test
    void nobodyLooksAtTheClockOnTheWall() {
        check(noClasses()
                .that()
                .resideInAPackage("zap.server.*..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(java.time.Clock.class, "systemUTC"));
    }

    /** Sessions and outboxes know a connection as an interface. */
    @Test
    void onlyTcpAndTlsKnowSocketsWithinTheGateway() {
        check(noClasses()
                .that()
                .resideInAnyPackage(exactly("gateway.session"), exactly("gateway.outbox"), exactly("gateway.settings"))
                .should()
                .dependOnClassesThat(named(java.net.Socket.class, java.net.ServerSocket.class)
                        .or(resideInAnyPackage("java.nio.channels..", "javax.net.ssl.."))));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(zap);
    }

    private static String exactly(String name) {
        return "zap.server." + name;
    }

    private static String within(String name) {
        return "zap.server." + name + "..";
    }

    private static DescribedPredicate<JavaClass> named(Class<?>... types) {
        return Arrays.stream(types)
                .map(JavaClass.Predicates::equivalentTo)
                .reduce((one, other) -> one.or(other))
                .orElse(not(alwaysTrue()));
    }
}
