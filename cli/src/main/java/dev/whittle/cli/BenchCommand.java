package dev.whittle.cli;

import dev.whittle.json.JsonOutput;
import dev.whittle.runtime.LatencyBenchmark;
import dev.whittle.runtime.LatencyBenchmark.Latency;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

/** Measures how fast models run. */
@Command(
    name = "bench",
    description = "Measures load time, first run, median and p90 latency.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Engines run in turns on the same random input, so that their ratio means something on a",
      "busy machine: --engine fast,litert. The ratio is that of each median to the last engine's."
    })
final class BenchCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", arity = "1..*", description = ".tflite files.")
  private List<Path> models = List.of();

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "fast",
      description = "One engine or several (default: ${DEFAULT-VALUE}).")
  private List<String> names = List.of();

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "50",
      description = "Timed runs of each engine (default: ${DEFAULT-VALUE}).")
  private int runs = 50;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Mixin private EngineOptions engines = new EngineOptions();

  @Override
  public Integer call() throws IOException {
    if (runs < 1) {
      throw new UsageException("--runs must be at least 1");
    }
    names.forEach(EngineOptions::require);
    Map<Path, List<Latency>> all = new LinkedHashMap<>();
    for (Path model : models) {
      all.put(
          model,
          LatencyBenchmark.measure(model, names, engines.options(), runs, System.err::println));
    }
    if (json) {
      printJson(all);
    } else {
      printTable(all);
    }
    return Main.DONE;
  }

  private static void printTable(Map<Path, List<Latency>> all) {
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
        });
  }

  private static void printJson(Map<Path, List<Latency>> all) {
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
              out.writeEndObject();
            }
          });
      out.writeEndArray();
    }
    System.out.println();
  }
}
