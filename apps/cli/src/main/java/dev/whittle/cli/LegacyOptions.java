package dev.whittle.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Options of TensorFlow's former converters: {@code toco}, and {@code tflite_convert} of TensorFlow
 * 1. Those that Whittle lacks are answered with their successor.
 */
final class LegacyOptions {
  private static final Set<String> COMMANDS = Set.of("convert", "tflite_convert", "optimize");

  /** Former options and their successors; an empty line is between entries. */
  private static final String TABLE =
      """
      post_training_quantize quantize_weights :
      use 'whittle convert --quantize dynamic'

      quantize_to_float16 :
      use 'whittle convert --quantize float16'

      inference_type :
      use 'whittle convert --quantize int8 --representative_data DATA'; a model that was trained
      for quantization needs no data

      input_data_type input_data_types :
      use --inference_input_type of 'whittle convert', with --quantize int8

      mean_value mean_values std_value std_values std_dev_values :
      the scale of inputs comes from the data: use 'whittle convert --quantize int8
      --representative_data DATA', and --normalization to state how images are normalized

      default_ranges_min default_ranges_max default_int16_ranges_min default_int16_ranges_max :
      the ranges of activations come from data: use 'whittle convert --quantize int8
      --representative_data DATA'

      savedmodel_directory :
      use --saved_model_dir

      savedmodel_tagset :
      use --saved_model_tag_set

      input_file input_format :
      use --saved_model_dir, --keras_model_file or --graph_def_file

      input_array :
      use --input_arrays

      output_array :
      use --output_arrays

      output_format dump_graphviz dump_graphviz_dir dump_graphviz_video dump_graphviz_graph_name
      conversion_summary_dir :
      the output is always a .tflite file: leave it out; 'whittle inspect' shows the graph

      target_ops enable_select_tf_ops force_select_tf_ops experimental_select_user_tf_ops
      custom_opdefs :
      use --allow_custom_ops: TensorFlow's own operations are not supported, and become custom
      operators

      drop_control_dependency reorder_across_fake_quant change_concat_input_ranges
      drop_fake_quant propagate_fake_quant_num_bits
      allow_nudging_weights_to_use_fast_gemm_kernel dedupe_array_min_size_bytes
      split_tflite_lstm_inputs unfold_batchmatmul converter_mode allow_dynamic_tensors
      allow_nonexistent_arrays allow_nonascii_arrays rnn_states model_checks
      arrays_extra_info_file :
      the converter decides that itself: leave it out
      """;

  private LegacyOptions() {}

  private static Map<String, String> successors() {
    Map<String, String> all = new HashMap<>();
    for (String entry : TABLE.split("\n\n", -1)) {
      String line = entry.strip().replace('\n', ' ');
      int colon = line.indexOf(" : ");
      for (String name : line.substring(0, colon).split(" ", -1)) {
        all.put("--" + name, line.substring(colon + 3));
      }
    }
    return Map.copyOf(all);
  }

  /**
   * Returns a message for the first argument that is such an option.
   *
   * @param spec the root command with the command that the arguments name
   * @return null if there is no such argument
   */
  static @Nullable String message(CommandSpec spec, String[] normalized) {
    if (normalized.length == 0 || !COMMANDS.contains(normalized[0])) {
      return null;
    }
    CommandLine command = spec.subcommands().get(normalized[0]);
    if (command == null) {
      return null;
    }
    Map<String, String> successors = successors();
    for (String argument : normalized) {
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      String successor = successors.get(name);
      if (successor != null && command.getCommandSpec().findOption(name) == null) {
        return name + " is an option of TensorFlow's former converters: " + successor;
      }
    }
    return null;
  }
}
