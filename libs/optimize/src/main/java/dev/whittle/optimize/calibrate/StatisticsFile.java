package dev.whittle.optimize.calibrate;

import dev.whittle.io.AtomicFile;
import dev.whittle.ir.Graph;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.json.Config;
import dev.whittle.json.JsonOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;
import tools.jackson.core.JsonGenerator;

/** Statistics of a calibration as a JSON file, so that it can go on after an interruption. */
public final class StatisticsFile {
  private static final String FORMAT = "whittle-calibration-1";

  private StatisticsFile() {}

  /**
   * Reads the statistics of a model.
   *
   * @return nothing seen yet, if there is no such file
   * @throws IOException if the file is of another model
   * @throws dev.whittle.ir.MalformedModelException if it is broken
   */
  static Statistics readIfThere(Path file, Model model) throws IOException {
    return Files.exists(file) ? read(file, model) : Statistics.NONE;
  }

  /** Reads the statistics of a model; see {@link #readIfThere}. */
  public static Statistics read(Path file, Model model) throws IOException {
    Config root =
        Config.parse(Files.readAllBytes(file), file.toString(), MalformedModelException::new);
    if (!root.string("format", "").equals(FORMAT)) {
      throw new IOException(file + ": holds no calibration statistics");
    }
    if (!root.string("model").equals(fingerprint(model))) {
      throw new IOException(file + ": holds the statistics of another model; remove it first");
    }
    Map<Integer, TensorStatistics> tensors = new HashMap<>();
    for (Config tensor : root.objects("tensors")) {
      tensors.put(tensor.integer("value"), tensor(tensor));
    }
    Map<Integer, HeadStatistics> heads = new HashMap<>();
    for (Config head : root.objects("heads")) {
      heads.put(
          head.integer("value"),
          new HeadStatistics(
              head.longInteger("rows"),
              head.longInteger("ties"),
              head.longInteger("ties_of_16"),
              head.longInteger("saturated")));
    }
    return new Statistics(root.longInteger("samples"), tensors, heads);
  }

  private static TensorStatistics tensor(Config tensor) {
    long[] counts = new long[Histogram.BINS];
    // Runs of a first bin and counts, because most bins are empty.
    for (Config run : tensor.objects("bins")) {
      int at = run.integer("from");
      for (double count : run.doubles("counts")) {
        if (at < 0 || at >= counts.length) {
          throw new MalformedModelException(run.place() + ": no bin " + at);
        }
        counts[at++] = (long) count;
      }
    }
    double[] sums = tensor.has("channel_sums") ? tensor.doubles("channel_sums") : null;
    try {
      return new TensorStatistics(
          Histogram.of(counts, tensor.doubles("limit")[0]),
          tensor.real("min", Double.POSITIVE_INFINITY),
          tensor.real("max", Double.NEGATIVE_INFINITY),
          tensor.longInteger("count"),
          tensor.longInteger("non_finite"),
          sums,
          exponents(tensor));
    } catch (IllegalArgumentException e) {
      throw new MalformedModelException(tensor.place() + ": " + e.getMessage(), e);
    }
  }

  private static long[] exponents(Config tensor) {
    long[] exponents = new long[TensorStatistics.EXPONENTS];
    double[] read = tensor.doubles("exponents");
    for (int e = 0; e < Math.min(read.length, exponents.length); e++) {
      exponents[e] = (long) read[e];
    }
    return exponents;
  }

  /** Writes statistics, whole or not at all. */
  public static void write(Path file, Model model, Statistics statistics) throws IOException {
    AtomicFile.write(
        file,
        out -> {
          try (JsonGenerator json = JsonOutput.generator(out)) {
            json.writeStartObject();
            json.writeStringProperty("format", FORMAT);
            json.writeStringProperty("model", fingerprint(model));
            json.writeNumberProperty("samples", statistics.samples());
            json.writeArrayPropertyStart("tensors");
            statistics.tensors().forEach((id, tensor) -> write(json, model, id, tensor));
            json.writeEndArray();
            json.writeArrayPropertyStart("heads");
            statistics
                .heads()
                .forEach(
                    (id, head) -> {
                      json.writeStartObject();
                      json.writeNumberProperty("value", id);
                      json.writeNumberProperty("rows", head.rows());
                      json.writeNumberProperty("ties", head.int8Ties());
                      json.writeNumberProperty("ties_of_16", head.int16Ties());
                      json.writeNumberProperty("saturated", head.saturated());
                      json.writeEndObject();
                    });
            json.writeEndArray();
            json.writeEndObject();
          }
        });
  }

  private static void write(JsonGenerator json, Model model, int id, TensorStatistics tensor) {
    json.writeStartObject();
    json.writeNumberProperty("value", id);
    json.writeStringProperty("name", model.mainGraph().value(id).name());
    if (tensor.count() > 0) {
      json.writeNumberProperty("min", tensor.min());
      json.writeNumberProperty("max", tensor.max());
    }
    json.writeNumberProperty("count", tensor.count());
    json.writeNumberProperty("non_finite", tensor.nonFinite());
    json.writeNumberProperty("limit", tensor.histogram().limit());
    json.writeArrayPropertyStart("bins");
    long[] counts = tensor.histogram().counts();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        json.writeStartObject();
        json.writeNumberProperty("from", i);
        json.writeArrayPropertyStart("counts");
        for (; i < counts.length && counts[i] > 0; i++) {
          json.writeNumber(counts[i]);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
    }
    json.writeEndArray();
    long[] exponents = tensor.exponents();
    json.writeName("exponents");
    json.writeArray(exponents, 0, exponents.length);
    double[] sums = tensor.channelSums();
    if (sums != null && Double.isFinite(Arrays.stream(sums).sum())) {
      json.writeArrayPropertyStart("channel_sums");
      for (double sum : sums) {
        json.writeNumber(sum);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  /** A number that another graph, or the same with other weights, does not have. */
  private static String fingerprint(Model model) {
    var crc = new CRC32C();
    Graph graph = model.mainGraph();
    for (Value value : graph.values()) {
      crc.update((value.name() + value.type() + value.shape()).getBytes(StandardCharsets.UTF_8));
      if (value.isConstant()) {
        crc.update(Objects.requireNonNull(value.data()).bytes().asByteBuffer());
      }
    }
    graph
        .nodes()
        .forEach(
            node ->
                crc.update(
                    (node.op().toString() + node.inputs()).getBytes(StandardCharsets.UTF_8)));
    return "%d nodes, %08x".formatted(graph.nodes().size(), crc.getValue());
  }
}
