package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

/** The rule that an option without an effect is an error. */
class OptionRulesTest {
  private static final String DATA = "../../quality/testdata/";
  private static final String KERAS = DATA + "keras/conv_bn_relu.keras";
  private static final String SAVED_MODEL = DATA + "savedmodel/affine/saved_model";
  private static final String DIGITS = DATA + "mnist/float32.tflite";
  private static final String POINTS = DATA + "knn/knn_sqrt_dyn.tflite";

  /** Options of file formats, engines and models that matter for every model and data. */
  private static final String OPTIMIZING =
      "cluster labels model_name normalization"
          + " output_file pixel_range prune quantize recipe sparse_tensors";

  @TempDir private Path folder = Path.of("");

  /** A new option must be added here, or get the annotation {@link Needs}. */
  @ParameterizedTest
  @CsvSource({
    "convert, graph_def_file keras_model_file knn_data saved_model_dir OPTIMIZING",
    "tflite_convert, enable_v1_converter experimental_new_converter experimental_new_quantizer"
        + " graph_def_file keras_model_file output_file saved_model_dir",
    "optimize, OPTIMIZING",
    "run, engine input max_memory output signature",
    "inspect, explain json",
    "bench, engine json max_memory profile runs",
    "evaluate, data engine json labels max_memory parallel pixel_range report runs samples",
    "classify, allow deny engine json labels max_memory model normalization region resampling"
        + " rotate score_threshold top",
    "doctor, data labels max_loss max_size output_recipe parallel pixel_range report samples"
        + " suspects",
  })
  void optionsHaveAnEffectOrACondition(String command, String unconditional) {
    var expected = new TreeSet<String>();
    for (String name : unconditional.replace("OPTIMIZING", OPTIMIZING).split(" ", -1)) {
      expected.add("--" + name);
    }
    var found = new TreeSet<String>();
    var spec =
        Objects.requireNonNull(WhittleCommand.parser(command).getSubcommands().get(command))
            .getCommandSpec();
    boolean isConditional = spec.userObject() instanceof Conditional;
    for (OptionSpec option : spec.options()) {
      boolean needs = OptionRules.needs(option) != null;
      assertTrue(isConditional || !needs, option::longestName);
      if (!needs && !option.usageHelp() && !option.versionHelp()) {
        found.add(option.longestName());
      }
    }
    assertEquals(expected, found);
  }

  private CommandRun run(String line) {
    List<String> arguments = new ArrayList<>(Arrays.asList(line.split(" ", -1)));
    arguments.replaceAll(
        a ->
            switch (a) {
              case "KERAS" -> KERAS;
              case "SAVED_MODEL" -> SAVED_MODEL;
              case "DIGITS" -> DIGITS;
              case "POINTS" -> POINTS;
              case "DATA" -> DATA + "mnist";
              case "CSV" -> folder.resolve("points.csv").toString();
              case "OUT" -> folder.resolve("out.tflite").toString();
              case "IN" -> DATA + "operators/rank_08/in.npz";
              default -> a;
            });
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "convert --keras_model_file KERAS -o OUT --saved_model_tag_set serve",
        "convert --keras_model_file KERAS -o OUT --saved_model_signature_key a",
        "convert --keras_model_file KERAS -o OUT --allow_custom_ops",
        "convert KERAS -o OUT --saved_model_tag_set=serve",
        "convert KERAS -o OUT --neighbors 3",
        "convert KERAS -o OUT --distance l2",
        "convert KERAS -o OUT --label 1",
        "convert SAVED_MODEL -o OUT --keras_config x.json",
        "convert CSV -o OUT --explain",
        "convert --knn_data CSV -o OUT --input_shape x:1,2",
        "tflite_convert --keras_model_file KERAS --output_file OUT --saved_model_tag_set serve",
        "tflite_convert --keras_model_file KERAS --output_file OUT --allow_custom_ops true",
        "convert KERAS -o OUT --inference_input_type uint8",
        "convert KERAS -o OUT --inference_output_type INT8",
        "convert KERAS -o OUT --quantize dynamic --inference_input_type uint8",
        "optimize DIGITS -o OUT --prune 0.5 --inference_input_type uint8",
        "optimize DIGITS -o OUT --quantize float16 --inference_output_type int8",
        "optimize DIGITS -o OUT --quantize int8 --max_loss 1",
        "optimize DIGITS -o OUT --prune 0.5 --output_recipe r.json",
        "optimize DIGITS -o OUT --quantize dynamic --representative_data DATA",
        "optimize DIGITS -o OUT --quantize int8 --representative_samples 3",
        "optimize DIGITS -o OUT --quantize dynamic --calibration_method mse",
        "optimize DIGITS -o OUT --quantize auto --representative_data DATA"
            + " --calibration_method mse",
        "optimize DIGITS -o OUT --quantize dynamic --calibration_file c.json",
        "optimize DIGITS -o OUT --quantize float16 --weight_method mse",
        "optimize DIGITS -o OUT --quantize float16 --per_tensor",
        "optimize DIGITS -o OUT --quantize dynamic --block_size 16",
        "optimize DIGITS -o OUT --quantize auto --representative_data DATA --min_elements 1",
        "optimize DIGITS -o OUT --prune 0.5 --head float",
        "optimize DIGITS -o OUT --quantize dynamic --head float",
        "optimize DIGITS -o OUT --prune 0.5 --equalize",
        "optimize DIGITS -o OUT --quantize dynamic --correct_bias",
        "optimize DIGITS -o OUT --quantize weights_int8 --no_guard",
        "optimize DIGITS -o OUT --prune 0.5 --cluster_start linear",
        "optimize DIGITS -o OUT --prune 0.5 --cluster_per_channel",
        "optimize DIGITS -o OUT --cluster 4 --cluster_start linear --cluster_seed 2",
        "optimize DIGITS -o OUT --quantize dynamic --sparsity_layers x",
        "optimize DIGITS -o OUT --quantize int8 --representative_data DATA --pixel_range 0,1",
        "optimize DIGITS -o OUT --quantize int8 --representative_data DATA --labels y",
        "run POINTS --input IN --engine reference --threads 2",
        "bench POINTS --engine reference --threads 2",
        "evaluate DIGITS --data DATA --engine Reference --threads 4",
        "evaluate DIGITS --data DATA --labels y",
        "classify x.png --model DIGITS --engine reference --threads 2",
      })
  void anOptionWithoutEffectIsAnError(String line) throws IOException {
    Files.writeString(folder.resolve("points.csv"), "x,y,class\n1,2,a\n3,4,b\n5,6,a\n");
    CommandRun run = run(line);
    assertEquals(2, run.status(), run.err());
    assertTrue(run.err().contains("has no effect here"), run.err());
    assertFalse(Files.exists(folder.resolve("out.tflite")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "convert --keras_model_file KERAS -o OUT --allow_custom_ops=false --quantize NONE",
        "convert KERAS --output_file OUT --inference_input_type float32",
        "convert SAVED_MODEL -o OUT --saved_model_tag_set serve --explain",
        "convert CSV -o OUT --distance L2 --neighbors 2",
        "optimize DIGITS -o OUT --quantize Dynamic --weight_method MSE --head Logits",
        "optimize DIGITS -o OUT --cluster 4 --cluster_start KMeans++ --cluster_seed 2",
        "bench POINTS --runs 1 --engine Reference --threads 1",
        "bench POINTS --runs 1 --engine FAST,reference --threads 2",
      })
  void anOptionWithAnEffectIsAcceptedInAnyCase(String line) throws IOException {
    Files.writeString(folder.resolve("points.csv"), "x,y,class\n1,2,a\n3,4,b\n5,6,a\n");
    CommandRun run = run(line);
    assertEquals(0, run.status(), run.err());
  }

  @Test
  void oneModelIsExpected() {
    for (String line :
        List.of(
            "convert KERAS --keras_model_file KERAS -o OUT",
            "convert --saved_model_dir SAVED_MODEL --keras_model_file KERAS -o OUT",
            "convert -o OUT",
            "inspect DIGITS --json --explain",
            "optimize DIGITS -o OUT --quantize dynamic --recipe x.json")) {
      assertEquals(2, run(line).status(), line);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KERAS", "SAVED_MODEL"})
  void anInputShapeNamesAnInput(String model) {
    CommandRun run = run("convert " + model + " -o OUT --input_shape none:1,8,8,3");
    assertEquals(1, run.status());
    assertTrue(run.err().contains("no such input; its inputs are"), run.err());
  }
}
