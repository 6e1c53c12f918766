package zap.server.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.server.database.PostgresPair.Role;
import zap.server.trial.ClusterRequest.DatabaseMember;
import zap.server.trial.ClusterRequest.Kill;
import zap.server.trial.ClusterRequest.NodeMember;
import zap.server.trial.ClusterRequest.Start;
import zap.server.trial.ClusterRequest.StartAgain;
import zap.server.trial.ClusterRequest.WrongRequestException;

class ClusterRequestTest {

    private static ClusterRequest parse(String line) throws WrongRequestException {
        return ClusterRequest.parse(line.isEmpty() ? List.of() : List.of(line.split(" ", -1)));
    }

    @Test
    void withoutWordsItIsThreeNodesFromTheUsualPortOn() throws WrongRequestException {
        assertThat(parse("")).isEqualTo(new Start(3, 7777, List.of()));
    }

    @Test
    void aNumberAPortAndPropertiesMayComeInAnyOrder() throws WrongRequestException {
        var all = new Start(9, 9000, List.of("--logging.level.zap=debug", "--zap.gateway.address=0.0.0.0"));
        assertThat(parse("9 --port 9000 --logging.level.zap=debug --zap.gateway.address=0.0.0.0"))
                .isEqualTo(all);
        assertThat(parse("--logging.level.zap=debug --port 9000 --zap.gateway.address=0.0.0.0 9"))
                .isEqualTo(all);
    }

    @ParameterizedTest
    @CsvSource({"a,a", "node c,c", "node-i,i"})
    void aNodeIsNamedByItsLetter(String word, String name) throws WrongRequestException {
        assertThat(parse("kill " + word)).isEqualTo(new Kill(new NodeMember(name)));
        assertThat(parse("start " + word)).isEqualTo(new StartAgain(new NodeMember(name)));
    }

    @Test
    void aDatabaseIsNamedByItsRole() throws WrongRequestException {
        assertThat(parse("kill primary")).isEqualTo(new Kill(new DatabaseMember(Role.PRIMARY)));
        assertThat(parse("start standby")).isEqualTo(new StartAgain(new DatabaseMember(Role.STANDBY)));
    }

    @Test
    void theOtherCommandsHaveNoFurtherWords() throws WrongRequestException {
        assertThat(parse("promote")).isEqualTo(new ClusterRequest.Promote());
        assertThat(parse("status")).isEqualTo(new ClusterRequest.ShowStatus());
        assertThatThrownBy(() -> parse("promote standby"))
                .hasMessage("zap cluster promote takes no further words, and got: standby");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0", "10", "12345", "2 3", "-1", "--port", "--port x", "--port 65001", "--nodes=3", "three"})
    void anythingElseIsRefused(String line) {
        assertThatThrownBy(() -> parse(line)).isInstanceOf(WrongRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill", "kill 1", "kill node", "kill a b", "start database"})
    void aMemberThatThereIsNotIsRefused(String line) {
        assertThatThrownBy(() -> parse(line))
                .isInstanceOf(WrongRequestException.class)
                .hasMessageContaining("needs the letter of a node, or primary, or standby");
    }

    /** With the same port or the same database for all, none of the nodes but one would start. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "--server.port=1",
                "--zap.gateway.port=1",
                "--zap.gateway.recv-port=1",
                "--zap.gateway.tls-port=1",
                "--zap.database.url=x",
                "--zap.database.directory=x",
                "--zap.admin.token=x"
            })
    void whatTheClusterSetsItselfIsRefused(String property) {
        assertThatThrownBy(() -> parse("2 " + property)).hasMessageContaining("itself, for each node another one");
    }
}
