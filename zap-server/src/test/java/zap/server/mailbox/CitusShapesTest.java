package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All SQL of the server has a shape that Citus takes, without a Citus. {@code CitusIT} runs the statements on a real
 * one, where there is one.
 */
class CitusShapesTest {

    private static final Path MIGRATIONS = Path.of("../db/migration");
    private static final String SCRIPT = read(Path.of("../ops/deploy/citus/distribute.sql"));
    private static final CitusShapes SHAPES = CitusShapes.of(SCRIPT);

    /** The last migration that runs before the tables are distributed for the first time. */
    private static final int LAST_BEFORE = 7;

    private static final Pattern VERSION = Pattern.compile("V(\\d+)__.*");
    private static final Pattern NEW_TABLE = Pattern.compile("(?m)^create table (\\w+)(?! partition of)\\b");

    @Test
    void citusTakesEveryStatementOfTheServer() {
        Map<String, List<String>> refused = new TreeMap<>();
        SqlOfTheServer.find().forEach((place, sql) -> {
            List<String> reasons = SHAPES.refused(sql);
            if (!reasons.isEmpty()) {
                refused.put(place, reasons);
            }
        });

        assertThat(refused)
                .as("Citus refuses these (docs/citus.md). Write them so that it takes them, or give a StatementForm")
                .isEmpty();
    }

    @Test
    void citusTakesEveryMigrationThatMayRunOnDistributedTables() {
        Map<String, List<String>> refused = new TreeMap<>();
        migrations().forEach((file, sql) -> {
            List<String> reasons = SHAPES.refused(sql);
            if (versionOf(file) > LAST_BEFORE && !reasons.isEmpty()) {
                refused.put(file, reasons);
            }
        });

        assertThat(refused)
                .as("Citus refuses these on distributed tables (docs/citus.md)")
                .isEmpty();
    }

    @Test
    void itIsDecidedOfEveryTableWhereItIs() {
        String local = SCRIPT.substring(SCRIPT.indexOf("-- Not distributed"));

        assertThat(migrations().values())
                .flatMap(sql -> NEW_TABLE
                        .matcher(sql)
                        .results()
                        .map(result -> result.group(1))
                        .toList())
                .contains("client", "node")
                .allSatisfy(table -> assertThat(SHAPES.knows(table)
                                || Pattern.compile("\\b" + table + "\\b")
                                        .matcher(local)
                                        .find())
                        .as("table %s: ops/deploy/citus/distribute.sql distributes it, or says why not", table)
                        .isTrue());
    }

    /** Guards the search: texts in code, constants, formatted ones, second forms, and annotations. */
    @Test
    void theStatementsAreFoundWhereverTheyAre() {
        Map<String, String> found = SqlOfTheServer.find();

        assertThat(found).hasSizeGreaterThan(50);
        assertThat(found.get(MailboxStatementsJdbc.class.getName() + ".STORE_SHARED"))
                .contains("with locked as")
                .contains("untrue as materialized")
                .doesNotContain("no key update");
        assertThat(found.values())
                .anyMatch(sql -> sql.contains("blocked_at = least"))
                .anyMatch(sql -> sql.contains("select turns from mailbox_turn for update"))
                .anyMatch(sql -> sql.contains("from mailbox_old") && sql.contains("cross join lateral"))
                .anyMatch(sql -> sql.contains("delete from %s m using"))
                .anyMatch(sql -> sql.startsWith("select count(*) from GroupMember"));
    }

    @Test
    void theRulesSeeWhatTheFormsForPostgresqlHaveAndCitusRefuses() throws ReflectiveOperationException {
        assertThat(formOf(MailboxStatementsJdbc.class, "LOCK"))
                .singleElement()
                .asString()
                .contains("for update");
        assertThat(formOf(MailboxStatementsJdbc.class, "STORE_SHARED"))
                .anyMatch(reason -> reason.contains("for update"))
                .anyMatch(reason -> reason.contains("unnest"));
        assertThat(formOf(Generations.class, "FORGOTTEN"))
                .singleElement()
                .asString()
                .contains("for update");
    }

    private static List<String> formOf(Class<?> owner, String name) throws ReflectiveOperationException {
        var field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return SHAPES.refused(((StatementForm) field.get(null)).postgresql());
    }

    /** Each of these was refused by Citus 13.2. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select id from client where id = any (?) order by id for no key update",
                "select 1 from (select from client where id = any (?) for update) as locked",
                "select id from client c join unnest(?::bigint[]) as u (id) on c.id = u.id for update of c skip locked",
                "select c.id, e.n from (select id, tail from client where id > ? order by id limit ?) c cross join lateral"
                        + " (select count(*) as n from mailbox where recipient = c.id and position > c.tail) e",
                "select n from unnest(?::bigint[]) with ordinality as r (id, n) where not exists (select from mailbox m"
                        + " where m.recipient = r.id)",
                "update client set blocked_at = coalesce(blocked_at, now()) where id = ?",
                "update client set blocked_at = case when blocked_at is null then now() else blocked_at end where id = ?",
                "update client set digest = (random() * 10)::bigint",
                "delete from client where last_used < clock_timestamp() and id = ?",
                "with u as (update client set blocked_at = clock_timestamp() where id = ? returning id) select id from u",
                "update client set id = id + 1 where id = ?",
                "alter table client add column a bigint check (a > 0)",
                "alter table client add column a bigint, add constraint positive check (a > 0)",
                "alter table client add column a bigint unique",
                "alter table client add column a bigint references client (id)",
                "alter table client add column a bigint generated always as identity",
                "alter table mailbox_old add column g smallint not null default 0, add constraint g check (g = 0)",
                "create unique index on client (public_key)",
                "create unique index keys on client (public_key, stream)",
                "create trigger t before insert on client for each row execute function f()",
            })
    void aShapeThatCitusRefusesIsRefused(String sql) {
        assertThat(SHAPES.refused(sql)).hasSize(1);
    }

    /** Each of these was taken by Citus 13.2. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select id from client where id = ? for no key update",
                "with found as (select batch from writer where id = ? for update skip locked) select batch from found",
                "select turns from mailbox_turn for update",
                "select c.id, e.n from client c cross join lateral (select count(*) as n from mailbox where recipient = c.id"
                        + " and position > c.tail) e where c.id > ? order by c.id limit ?",
                "select c.id, m.position from client c left join lateral (select position from mailbox where recipient = c.id"
                        + " and position > c.settled offset 0) m on true where c.id = any (?)",
                "select r.n from unnest(?::bigint[]) with ordinality as r (id, n) join mailbox m on m.recipient = r.id",
                "update client set blocked_at = least(blocked_at, now()) where id = ?",
                "update client set tail = tail from unnest(?::bigint[]) as wanted (client) where id = wanted.client",
                "insert into node (id) values (:id) on conflict (id) do update set seen_at = now()",
                "select coalesce(blocked_at, now()) from client where id = ?",
                "alter table client add column a bigint not null default 0, add column b date not null default current_date",
                "alter table client add constraint positive check (tail >= 0)",
                "alter table node add column a bigint unique check (a > 0)",
                "create index on client (last_used)",
                "create unique index on client (id, public_key)",
            })
    void aShapeThatCitusTakesIsTaken(String sql) {
        assertThat(SHAPES.refused(sql)).isEmpty();
    }

    private static Map<String, String> migrations() {
        var migrations = new TreeMap<String, String>();
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            files.forEach(file -> migrations.put(file.getFileName().toString(), read(file)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return migrations;
    }

    private static int versionOf(String file) {
        return VERSION.matcher(file)
                .results()
                .map(MatchResult::group)
                .map(name -> VERSION.matcher(name).replaceFirst("$1"))
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElseThrow();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
