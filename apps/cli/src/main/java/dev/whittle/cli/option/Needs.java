package dev.whittle.cli.option;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The condition under which an option has an effect. Elsewhere the option is an error. Options
 * without this annotation always have an effect.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface Needs {
  /** The condition. */
  Condition value();

  /** A value that asks for nothing, and is accepted without the condition; empty for none. */
  String except() default "";
}
