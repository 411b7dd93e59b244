package dev.whittle.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.recipe.RecipeFile;
import dev.whittle.optimize.recipe.WeightMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeFileTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void readsWhatItWrote() throws IOException {
    Recipe recipe =
        Recipe.int16x8()
            .withCalibrationMethod(new CalibrationMethod.Percentile(99.5))
            .withHead(HeadMode.LOGITS)
            .withEqualize(true)
            .with("block_1.*", "CONV_2D", QuantizationSettings.FLOAT)
            .with(
                null,
                "GATHER",
                QuantizationSettings.FLOAT
                    .withMode(QuantizationMode.WEIGHTS_ONLY)
                    .withWeights(TensorType.INT4)
                    .withBlockSize(32)
                    .withWeightMethod(WeightMethod.OCTAV)
                    .withMinElements(5))
            .withLayer("a.b", QuantizationSettings.DYNAMIC.withPerChannel(false));
    Path file = folder.resolve("recipe.json");
    RecipeFile.write(recipe, file);
    assertEquals(recipe, RecipeFile.read(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"entries": []}                                          | at least one entry
          {"entires": []}                                          | no setting 'entires'
          {"entries": [{}]}                                        | 'compute' is missing
          {"entries": [{"compute": "fast"}]}                       | expected one of
          {"entries": [{"compute": "float", "layers": "("}]}       | not a regular expression
          {"entries": [{"compute": "integer", "weights": "int4"}]} | weights_only
          {"entries": [{"compute": "integer", "activations": "int4"}]} | int8 or int16
          {"entries": [{"compute": "dynamic", "block_size": 8}]}   | weights_only
          {"entries": [{"compute": "float"}], "range": "median"}   | no calibration method
          {"entries":                                              | broken JSON
          """)
  void rejectsMalformedRecipes(String json, String expected) {
    var exception =
        assertThrows(
            MalformedModelException.class,
            () -> RecipeFile.parse(json.getBytes(StandardCharsets.UTF_8), "recipe.json"));
    String message = String.valueOf(exception.getMessage());
    assertTrue(message.startsWith("recipe.json") && message.contains(expected), message);
  }
}
