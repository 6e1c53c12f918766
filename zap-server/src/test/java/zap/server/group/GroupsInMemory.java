package zap.server.group;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.test.util.ReflectionTestUtils;
import zap.server.identity.IdSource;

/** The real {@link Groups}, kept in memory, for tests of the packages that use them. */
public final class GroupsInMemory {

    private GroupsInMemory() {}

    public static Groups create(IdSource ids, Clock clock) {
        Map<Long, ChatGroup> groups = new ConcurrentHashMap<>();
        var repository = (ChatGroupRepository) Proxy.newProxyInstance(
                ChatGroupRepository.class.getClassLoader(),
                new Class<?>[] {ChatGroupRepository.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "findById" -> Optional.ofNullable(groups.get(arguments[0]));
                    case "existsById" -> groups.containsKey(arguments[0]);
                    case "save" -> {
                        var group = (ChatGroup) arguments[0];
                        groups.put(group.getId(), group);
                        yield group;
                    }
                    case "countCreatedBy" ->
                        groups.values().stream()
                                .filter(group -> arguments[0].equals(
                                        group.members().getFirst().value()))
                                .count();
                    case "requestedBy" ->
                        groups.values().stream()
                                .filter(group -> arguments[0].equals(
                                        group.members().getFirst().value()))
                                .filter(group ->
                                        arguments[1].equals(ReflectionTestUtils.getField(group, "requestedAt")))
                                .toList();
                    default -> throw new UnsupportedOperationException(method.toString());
                });
        return new Groups(repository, ids, clock, new GroupProperties(1000));
    }
}
