package dev.whittle.cli;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.Model;
import dev.whittle.optimize.sparse.NoMatchingWeightsException;
import dev.whittle.optimize.sparse.Pruning;
import dev.whittle.optimize.sparse.SparseEncoding;
import dev.whittle.optimize.sparse.WeightClustering;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for pruning and clustering weights before they are quantized. */
final class SparsityOptions {
  @Option(
      names = "--prune",
      paramLabel = "HOW",
      description =
          "Sets weights to zero: a fraction such as 0.8; in blocks such as 0.8:1x4; or 2:4, the two"
              + " smallest of every four.")
  private @Nullable String prune;

  @Option(
      names = "--cluster",
      paramLabel = "N",
      description = "Leaves N different values in each tensor of weights, 2 to 256.")
  private @Nullable Integer cluster;

  @Option(
      names = "--cluster_start",
      paramLabel = "NAME",
      defaultValue = "kmeans++",
      description = "kmeans++, linear or density (default: ${DEFAULT-VALUE}).")
  @Needs(Condition.CLUSTERS)
  private String clusterStart = "kmeans++";

  @Option(names = "--cluster_per_channel", description = "Clusters each output channel separately.")
  @Needs(Condition.CLUSTERS)
  private boolean clusterPerChannel;

  @Option(
      names = "--cluster_seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The seed of kmeans++ (default: ${DEFAULT-VALUE}).")
  @Needs(Condition.RANDOM_CLUSTERS)
  private long seed = 1;

  @Option(
      names = "--sparsity_layers",
      paramLabel = "REGEX",
      description = "Prunes and clusters only layers with names that contain a match.")
  @Needs(Condition.PRUNING_OR_CLUSTERS)
  private @Nullable String layers;

  @Option(
      names = "--sparse_tensors",
      description = "Stores weights as sparse tensors if that is smaller.")
  private boolean sparseTensors;

  /** Returns whether the options ask for any change. */
  boolean isRequested() {
    return prune != null || cluster != null || sparseTensors;
  }

  /** Returns whether a condition on pruning and clustering holds. */
  boolean holds(Condition condition) {
    return switch (condition) {
      case CLUSTERS -> cluster != null;
      case RANDOM_CLUSTERS ->
          cluster != null
              && start(clusterStart) == WeightClustering.Initialization.KMEANS_PLUS_PLUS;
      case PRUNING_OR_CLUSTERS -> prune != null || cluster != null;
      default -> false;
    };
  }

  /** Prunes, then clusters a model; pruned weights stay zero. */
  Model change(Model model) {
    try {
      Model changed = model;
      if (prune != null) {
        changed = pruning(prune).apply(changed, pattern());
      }
      if (cluster != null) {
        changed = clustering(cluster).apply(changed, pattern());
      }
      return changed;
    } catch (NoMatchingWeightsException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Stores weights as sparse tensors, after quantization, if the options ask for it. */
  Model encode(Model model) {
    return sparseTensors ? SparseEncoding.apply(model) : model;
  }

  private @Nullable Pattern pattern() {
    try {
      return layers == null ? null : Pattern.compile(layers);
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "--sparsity_layers %s: not a regular expression: %s"
              .formatted(layers, e.getDescription()));
    }
  }

  private WeightClustering clustering(int clusters) {
    return Arguments.checked(
        "--cluster " + clusters,
        () ->
            new WeightClustering(
                clusters, start(clusterStart), clusterPerChannel, prune != null, seed));
  }

  private static WeightClustering.Initialization start(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "kmeans++" -> WeightClustering.Initialization.KMEANS_PLUS_PLUS;
      case "linear" -> WeightClustering.Initialization.LINEAR;
      case "density" -> WeightClustering.Initialization.DENSITY;
      default ->
          throw new UsageException(
              "--cluster_start " + name + ": expected kmeans++, linear or density");
    };
  }

  private static Pruning pruning(String text) {
    String[] parts = text.split(":", -1);
    try {
      if (parts.length == 1) {
        return new Pruning.Unstructured(Double.parseDouble(text));
      }
      int times = parts[1].indexOf('x');
      return times < 0
          ? new Pruning.Adjacent(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]))
          : new Pruning.Blocks(
              Integer.parseInt(parts[1].substring(0, times)),
              Integer.parseInt(parts[1].substring(times + 1)),
              Double.parseDouble(parts[0]));
    } catch (NumberFormatException e) {
      throw new UsageException("--prune " + text + ": expected 0.8, 0.8:1x4 or 2:4");
    } catch (IllegalArgumentException e) {
      throw new UsageException("--prune " + text + ": " + e.getMessage());
    }
  }
}
