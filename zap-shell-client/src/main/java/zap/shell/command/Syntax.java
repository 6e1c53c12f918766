package zap.shell.command;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** How a command's line is read, beyond its options. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Syntax {

    /** The group of all commands. Spring Shell would make one out of the class's name, and start a whole validator on the way. */
    String GROUP = "zap";

    /** After so many words comes a text that is taken as it was typed; -1 when there is none. */
    int textAfter() default -1;
}
