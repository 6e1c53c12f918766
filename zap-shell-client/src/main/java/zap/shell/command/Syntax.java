package zap.shell.command;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The rules for the arguments of a command, beyond its options. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Syntax {

    /**
     * The group of all commands. Without it Spring Shell makes one of the class's name, and starts a validator for
     * that.
     */
    String GROUP = "zap";

    /** Number of words before the text that is taken as typed; -1 without such a text. */
    int textAfter() default -1;
}
