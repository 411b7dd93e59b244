package dev.whittle.cli;

import dev.whittle.cli.option.Condition;
import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.UsageException;
import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.LatencyBenchmark;
import dev.whittle.runtime.LatencyBenchmark.Latency;
import dev.whittle.runtime.LatencyBenchmark.NodeLatency;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

/** The command that measures the latency of models. */
@Command(
    name = "bench",
    description = "Measures load time, first run, median and p90 latency.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Several engines, such as --engine fast,litert, run in turns on the same random input, so",
      "that other load affects them alike. Ratios are those of each median to the last engine's."
    })
final class BenchCommand implements Callable<Integer>, Conditional {
  @Parameters(paramLabel = "MODEL", arity = "1..*", description = ".tflite files.")
  private List<Path> models = List.of();

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "fast",
      description = "One or more engines (default: ${DEFAULT-VALUE}).")
  private List<String> names = List.of();

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "50",
      description = "Timed runs of each engine (default: ${DEFAULT-VALUE}).")
  private int runs = 50;

  @Option(
      names = "--profile",
      description = "Also prints the time of each operator of the main graph.")
  private boolean profile;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Mixin private EngineOptions engines = new EngineOptions();

  @Override
  public boolean holds(Condition condition) {
    return condition == Condition.THREADS && names.stream().anyMatch(EngineOptions::hasThreads);
  }

  @Override
  public Integer call() throws IOException {
    if (runs < 1) {
      throw new UsageException("--runs " + runs + ": expected at least 1");
    }
    names = names.stream().map(EngineOptions::require).distinct().toList();
    InputFiles.requireTflite(models);
    Map<Path, List<Latency>> all = new LinkedHashMap<>();
    Map<Path, Map<String, List<NodeLatency>>> profiles = new LinkedHashMap<>();
    for (Path model : models) {
      all.put(
          model,
          LatencyBenchmark.measure(model, names, engines.options(), runs, System.err::println));
      profiles.put(model, profile ? profile(model) : Map.of());
    }
    if (json) {
      printJson(all, profiles);
    } else {
      printTable(all, profiles);
    }
    return Main.DONE;
  }

  /** Measures the times of operators, by engine. */
  private Map<String, List<NodeLatency>> profile(Path model) throws IOException {
    Map<String, List<NodeLatency>> profiles = new LinkedHashMap<>();
    for (String name : names) {
      try {
        profiles.put(
            name,
            LatencyBenchmark.profile(
                model, engines.options().withEngine(name), runs, System.err::println));
      } catch (UnsupportedOperationException e) {
        throw new UsageException("--profile with engine " + name + ": " + e.getMessage());
      }
    }
    return profiles;
  }

  private static void printTable(
      Map<Path, List<Latency>> all, Map<Path, Map<String, List<NodeLatency>>> profiles) {
    all.forEach(
        (model, latencies) -> {
          System.out.println(model);
          System.out.printf(
              "  %-16s %12s %12s %12s %12s %8s %14s%n",
              "engine", "load ms", "first ms", "median ms", "p90 ms", "ratio", "activations");
          long base = latencies.getLast().median();
          for (Latency latency : latencies) {
            System.out.printf(
                "  %-16s %12.3f %12.3f %12.4f %12.4f %8.2f %14s%n",
                latency.engine(),
                latency.load() / 1e6,
                latency.first() / 1e6,
                latency.median() / 1e6,
                latency.p90() / 1e6,
                (double) latency.median() / base,
                latency.activationBytes() < 0
                    ? "unknown"
                    : "%,d".formatted(latency.activationBytes()));
          }
          profiles.getOrDefault(model, Map.of()).forEach(BenchCommand::printProfile);
        });
  }

  /** Prints the operators in the order of the graph, then their types, the slowest first. */
  private static void printProfile(String engine, List<NodeLatency> nodes) {
    double total = Math.max(1, nodes.stream().mapToLong(NodeLatency::median).sum());
    System.out.printf("%n  operators in %s%n", engine);
    for (NodeLatency node : nodes) {
      System.out.printf(
          "  %4d %-28s %12.1f us %5.1f %%  %s%n",
          node.node(),
          node.operator(),
          node.median() / 1e3,
          100 * node.median() / total,
          node.kernel());
    }
    Map<String, LongSummaryStatistics> types =
        nodes.stream()
            .collect(
                Collectors.groupingBy(
                    NodeLatency::operator, Collectors.summarizingLong(NodeLatency::median)));
    System.out.println();
    types.entrySet().stream()
        .sorted(Comparator.comparingLong(type -> -type.getValue().getSum()))
        .forEach(
            type ->
                System.out.printf(
                    "  %4d %-28s %12.1f us %5.1f %%%n",
                    type.getValue().getCount(),
                    type.getKey(),
                    type.getValue().getSum() / 1e3,
                    100 * type.getValue().getSum() / total));
  }

  private static void printJson(
      Map<Path, List<Latency>> all, Map<Path, Map<String, List<NodeLatency>>> profiles) {
    try (JsonGenerator out = JsonOutput.standardOutput()) {
      out.writeStartArray();
      all.forEach(
          (model, latencies) -> {
            long base = latencies.getLast().median();
            for (Latency latency : latencies) {
              out.writeStartObject();
              out.writeStringProperty("model", model.toString());
              out.writeStringProperty("engine", latency.engine());
              out.writeNumberProperty("load_ms", latency.load() / 1e6);
              out.writeNumberProperty("first_ms", latency.first() / 1e6);
              out.writeNumberProperty("median_ms", latency.median() / 1e6);
              out.writeNumberProperty("p90_ms", latency.p90() / 1e6);
              out.writeNumberProperty("median_ratio", (double) latency.median() / base);
              out.writeNumberProperty("activation_bytes", latency.activationBytes());
              var nodes = profiles.getOrDefault(model, Map.of()).get(latency.engine());
              if (nodes != null) {
                printNodes(out, nodes);
              }
              out.writeEndObject();
            }
          });
      out.writeEndArray();
    }
    System.out.println();
  }

  private static void printNodes(JsonGenerator out, List<NodeLatency> nodes) {
    out.writeArrayPropertyStart("nodes");
    for (NodeLatency node : nodes) {
      out.writeStartObject();
      out.writeNumberProperty("node", node.node());
      out.writeStringProperty("operator", node.operator());
      out.writeStringProperty("kernel", node.kernel());
      out.writeNumberProperty("median_us", node.median() / 1e3);
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
