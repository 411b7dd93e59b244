package dev.whittle.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.data.InputArrays.Array;
import dev.whittle.data.InputArrays.Input;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class InputArraysTest {
  private static InputArrays match(List<Input> inputs, String... arrays) throws IOException {
    // An array fits an input if the descriptions agree; the description follows a space.
    List<Array> given =
        Stream.of(arrays)
            .map(
                text ->
                    new Array(
                        text.substring(0, text.indexOf(' ')),
                        text.substring(text.indexOf(' ') + 1)))
            .toList();
    return InputArrays.match(
        "data.npz",
        inputs,
        given,
        (input, array) -> input.description().equals(array.description()));
  }

  private static Input input(String description, String... names) {
    return new Input(List.of(names), description);
  }

  private static void assertRefused(String part, List<Input> inputs, String... arrays) {
    var refused = assertThrows(IOException.class, () -> match(inputs, arrays));
    assertTrue(String.valueOf(refused.getMessage()).contains(part), refused::toString);
  }

  @Test
  void arraysHaveTheNamesOfTheirInputs() throws IOException {
    InputArrays matched =
        match(List.of(input("f", "a"), input("f", "b")), "b f", "labels i", "a f");
    assertEquals(Map.of("a", "a", "b", "b"), matched.arrays());
    assertEquals(List.of("labels"), matched.ignored());
    assertTrue(matched.byName());
  }

  @Test
  void aNameMayLackTheMarksOfAnExport() throws IOException {
    InputArrays matched =
        match(List.of(input("f", "x", "serving_default_x:0"), input("f", "y:0")), "y f", "x:0 f");
    assertEquals(Map.of("x", "x:0", "y:0", "y"), matched.arrays());
    assertTrue(matched.byName());
  }

  @Test
  void arraysWithoutNamesAreInTheOrderOfTheInputs() throws IOException {
    InputArrays matched =
        match(List.of(input("f", "a"), input("i", "b")), "arr_1 i", "arr_0 f", "arr_2 f");
    assertEquals(Map.of("a", "arr_0", "b", "arr_1"), matched.arrays());
    assertEquals(List.of("arr_2"), matched.ignored());
    assertFalse(matched.byName());
  }

  @Test
  void theOnlyFittingArrayIsTheOnlyInput() throws IOException {
    InputArrays matched = match(List.of(input("f", "a")), "features f", "labels i");
    assertEquals(Map.of("a", "features"), matched.arrays());
    assertEquals(List.of("labels"), matched.ignored());
  }

  @Test
  void severalFittingArraysAreAmbiguous() {
    assertRefused("may be any of ['p' f, 'q' f]", List.of(input("f", "a")), "p f", "q f");
  }

  @Test
  void anArrayThatFitsNoInputIsRefused() {
    assertRefused("no array fits the model's input 'a' f", List.of(input("f", "a")), "p i");
  }

  @Test
  void everyInputWithoutAnArrayIsNamed() {
    assertRefused(
        "no array for 'b' f, 'c' i",
        List.of(input("f", "a"), input("f", "b"), input("i", "c")),
        "a f",
        "d f");
  }

  @Test
  void anUnnamedArrayThatDoesNotFitItsPlaceIsRefused() {
    assertRefused(
        "no array for 'a' f, 'b' i",
        List.of(input("f", "a"), input("i", "b")),
        "arr_0 i",
        "arr_1 f");
  }
}
