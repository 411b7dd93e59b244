package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The catalog of the built-in operators that Whittle implements. An operator belongs to it by its
 * field {@code public static final OpType<?> TYPE}: the build collects the classes below this
 * package that have one in a resource, a line {@code CODE CLASS} for each, with the class's name
 * after this package's ({@code quality/build/IndexOperators.java}). The class of an operator is
 * loaded when its code is first asked for, because loading all of them would slow the start of
 * every program.
 */
public final class OpCatalog {
  private static final String INDEX = "META-INF/whittle/operators";
  private static final String PACKAGE = "dev.whittle.ir.op.";
  private static final String REMEDY = "run mvn -pl libs/ir -am process-classes";

  /** Class names by code, after {@link #PACKAGE}; null until first needed. */
  private static volatile @Nullable String @Nullable [] classNames;

  /** Types by code, as far as they have been asked for. Races only load a type twice. */
  private static @Nullable OpType<?> @Nullable [] loaded;

  private OpCatalog() {}

  /** Returns every operator, sorted by code. Loads the classes of all of them. */
  public static Collection<OpType<?>> types() {
    List<OpType<?>> types = new ArrayList<>();
    for (int code = 0; code < index().length; code++) {
      OpType<?> type = type(code);
      if (type != null) {
        types.add(type);
      }
    }
    return List.copyOf(types);
  }

  /** Returns the operator with a built-in code, or empty if it is not implemented. */
  public static Optional<OpType<?>> ofCode(int code) {
    return Optional.ofNullable(type(code));
  }

  /**
   * Returns the operator with a built-in code and attributes, or an {@link OpaqueOp} if the
   * operator is not implemented.
   *
   * @param code the built-in operator code
   * @param name the operator's name in the schema, for an operator that is not implemented
   * @param options the attributes
   */
  public static Op decode(int code, String name, Options options) {
    OpType<?> type = type(code);
    return type == null ? new OpaqueOp(name, code, options) : type.decode().apply(options);
  }

  private static @Nullable OpType<?> type(int code) {
    @Nullable String[] names = index();
    if (code < 0 || code >= names.length || names[code] == null) {
      return null;
    }
    @Nullable OpType<?>[] types = loaded;
    if (types == null) {
      types = new OpType<?>[names.length];
      loaded = types;
    }
    OpType<?> type = types[code];
    if (type == null) {
      type = load(code, PACKAGE.concat(names[code]));
      types[code] = type;
    }
    return type;
  }

  private static OpType<?> load(int code, String className) {
    OpType<?> type;
    try {
      type = (OpType<?>) Class.forName(className).getDeclaredField("TYPE").get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "the operator index names " + className + ", which has no TYPE; " + REMEDY, e);
    }
    if (type.code() != code) {
      throw new IllegalStateException(
          "the operator index has code %d for %s, whose TYPE has code %d; %s"
              .formatted(code, className, type.code(), REMEDY));
    }
    return type;
  }

  private static @Nullable String[] index() {
    @Nullable String[] names = classNames;
    if (names == null) {
      names = read(OpCatalog.class.getClassLoader().getResourceAsStream(INDEX));
      classNames = names;
    }
    return names;
  }

  /**
   * Returns the class names of an index by code, after {@link #PACKAGE}.
   *
   * @param resource the index, which is closed; null if the class path has none
   * @throws IllegalStateException if there is no index or two operators have the same code
   */
  static @Nullable String[] read(@Nullable InputStream resource) {
    if (resource == null) {
      throw new IllegalStateException(
          "the class path has no operator index " + INDEX + "; " + REMEDY);
    }
    try (resource) {
      return parse(new String(resource.readAllBytes(), StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the operator index " + INDEX, e);
    }
  }

  private static @Nullable String[] parse(String text) {
    @Nullable String[] names = new String[256];
    int end;
    for (int start = 0; start < text.length(); start = end + 1) {
      end = text.indexOf('\n', start);
      int space = text.indexOf(' ', start);
      int code = Integer.parseInt(text, start, space, 10);
      if (code >= names.length) {
        names = Arrays.copyOf(names, code + 1);
      }
      String name = text.substring(space + 1, end);
      if (names[code] != null) {
        throw new IllegalStateException(
            "the operator index has code %d for both %s and %s; give each TYPE a code of its own"
                .formatted(code, names[code], name));
      }
      names[code] = name;
    }
    return names;
  }
}
