package dev.whittle.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The arrays of an archive that are the inputs of a model. An array belongs to the input of the
 * same name; or of the same name without the marks that exports add, such as {@code x} for {@code
 * serving_default_x:0}; or, if no array has a name of its own ({@code arr_0}, {@code arr_1}, ...),
 * of the same place. For a model with one input, it may be the only array that fits.
 *
 * @param arrays the names of the arrays by the name of their input, in the order of the inputs
 * @param ignored the arrays that belong to no input
 * @param byName whether all arrays have the names of their inputs, up to such marks
 */
public record InputArrays(
    SequencedMap<String, String> arrays, List<String> ignored, boolean byName) {

  /** The names that {@code numpy.savez} gives to arrays without names. */
  private static final Pattern UNNAMED = Pattern.compile("arr_\\d+");

  private static final Pattern MARKS = Pattern.compile("^serving_default_|:\\d+$");

  /**
   * An input of a model.
   *
   * @param names its names, the first of which is for messages
   * @param description its type and shape, for messages
   */
  public record Input(List<String> names, String description) {
    String name() {
      return names.getFirst();
    }

    @Override
    public String toString() {
      return "'" + name() + "' " + description;
    }
  }

  /**
   * An array.
   *
   * @param description its type and shape, for messages
   */
  public record Array(String name, String description) {
    @Override
    public String toString() {
      return "'" + name + "' " + description;
    }
  }

  /**
   * Finds the arrays of a model's inputs.
   *
   * @param origin the archive, for messages
   * @param fits whether an array has the type and the shape of an input
   * @throws IOException if an input has no array, or several arrays may be meant
   */
  public static InputArrays match(
      String origin, List<Input> inputs, List<Array> arrays, BiPredicate<Input, Array> fits)
      throws IOException {
    var remaining = new ArrayList<>(arrays);
    Map<Input, Array> found = new LinkedHashMap<>();
    take(inputs, remaining, found, Function.identity());
    take(inputs, remaining, found, InputArrays::plain);
    boolean byName = found.size() == inputs.size();
    if (found.isEmpty() && remaining.stream().allMatch(a -> UNNAMED.matcher(a.name).matches())) {
      takeByPlace(inputs, remaining, found, fits);
    }
    if (found.isEmpty() && inputs.size() == 1) {
      found.put(inputs.getFirst(), onlyFitting(origin, inputs.getFirst(), remaining, fits));
    }
    if (found.size() != inputs.size()) {
      throw new IOException(
          "%s: no array for %s; the arrays are %s; give them the names of the inputs"
              .formatted(
                  origin,
                  inputs.stream()
                      .filter(Predicate.not(found::containsKey))
                      .map(Input::toString)
                      .collect(Collectors.joining(", ")),
                  arrays));
    }
    var names = new LinkedHashMap<String, String>();
    inputs.forEach(input -> names.put(input.name(), name(found.get(input))));
    return new InputArrays(
        names,
        arrays.stream().map(Array::name).filter(n -> !names.containsValue(n)).toList(),
        byName);
  }

  private static String name(@Nullable Array array) {
    return array == null ? "" : array.name;
  }

  /** Takes the arrays whose names are those of an input after a change, where only one is. */
  private static void take(
      List<Input> inputs,
      List<Array> remaining,
      Map<Input, Array> found,
      Function<String, String> change) {
    for (Input input : inputs) {
      if (found.containsKey(input)) {
        continue;
      }
      List<String> names = input.names.stream().map(change).toList();
      List<Array> named =
          remaining.stream().filter(a -> names.contains(change.apply(a.name))).toList();
      boolean isShared =
          inputs.stream()
              .filter(other -> !other.equals(input) && !found.containsKey(other))
              .anyMatch(other -> other.names.stream().map(change).anyMatch(names::contains));
      Array first =
          named.stream().filter(a -> a.name.equals(input.name())).findFirst().orElse(null);
      if (named.size() == 1 && !isShared) {
        first = named.getFirst();
      }
      if (first != null) {
        found.put(input, first);
        remaining.remove(first);
      }
    }
  }

  private static String plain(String name) {
    return MARKS.matcher(name).replaceAll("");
  }

  private static void takeByPlace(
      List<Input> inputs,
      List<Array> remaining,
      Map<Input, Array> found,
      BiPredicate<Input, Array> fits) {
    for (int i = 0; i < inputs.size(); i++) {
      String name = "arr_" + i;
      Input input = inputs.get(i);
      remaining.stream()
          .filter(a -> a.name.equals(name) && fits.test(input, a))
          .findFirst()
          .ifPresent(array -> found.put(input, array));
    }
    if (found.size() == inputs.size()) {
      remaining.removeAll(found.values());
    } else {
      found.clear();
    }
  }

  private static Array onlyFitting(
      String origin, Input input, List<Array> arrays, BiPredicate<Input, Array> fits)
      throws IOException {
    List<Array> fitting = arrays.stream().filter(array -> fits.test(input, array)).toList();
    if (fitting.size() == 1) {
      return fitting.getFirst();
    }
    throw new IOException(
        fitting.isEmpty()
            ? "%s: no array fits the model's input %s; the arrays are %s"
                .formatted(origin, input, arrays)
            : "%s: the model's input %s may be any of %s; rename the one that it is to '%s'"
                .formatted(origin, input, fitting, input.name()));
  }
}
