package zap.shell.command;

import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The beans with the commands that users type. */
@Configuration(proxyBeanMethods = false)
@Import({
    SessionCommands.class,
    DoctorCommands.class,
    IdentityCommands.class,
    ProfileCommands.class,
    SendCommands.class,
    ChatCommand.class,
    ReadCommands.class,
    HistoryCommands.class,
    PeopleCommands.class,
    HelpCommands.class
})
public class CommandBeans {

    /** Returns the classes of the beans. */
    public static Stream<Class<?>> types() {
        return Stream.of(Objects.requireNonNull(CommandBeans.class.getAnnotation(Import.class))
                .value());
    }
}
