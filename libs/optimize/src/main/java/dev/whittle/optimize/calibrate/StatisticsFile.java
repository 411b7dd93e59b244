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

/** Statistics of a calibration as a JSON file, from which an interrupted calibration resumes. */
public final class StatisticsFile {
  private static final String FORMAT = "whittle-calibration-1";

  private StatisticsFile() {}

  /**
   * Reads the statistics of a model.
   *
   * @return the statistics, or {@link Statistics#NONE} if the file does not exist
   * @throws IOException if the file cannot be read or belongs to another model
   * @throws dev.whittle.ir.MalformedModelException if it is malformed
   */
  static Statistics readIfExists(Path file, Model model) throws IOException {
    return Files.exists(file) ? read(file, model) : Statistics.NONE;
  }

  /**
   * Reads the statistics of a model.
   *
   * @throws IOException if the file cannot be read or belongs to another model
   * @throws dev.whittle.ir.MalformedModelException if it is malformed
   */
  public static Statistics read(Path file, Model model) throws IOException {
    Config root =
        Config.parse(Files.readAllBytes(file), file.toString(), MalformedModelException::new);
    if (!root.string("format", "").equals(FORMAT)) {
      throw new IOException(
          "%s: no calibration statistics; expected the format %s".formatted(file, FORMAT));
    }
    if (!root.string("model").equals(fingerprint(model))) {
      throw new IOException(
          file + ": contains the statistics of another model; remove it or name another file");
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
    // Most bins are empty, so only sequences of counts are stored, each with its first bin.
    for (Config sequence : tensor.objects("bins")) {
      int bin = sequence.integer("from");
      for (double count : sequence.doubles("counts")) {
        if (bin < 0 || bin >= counts.length) {
          throw new MalformedModelException(
              "%s: bin %d; expected 0 to %d".formatted(sequence.place(), bin, counts.length - 1));
        }
        counts[bin++] = (long) count;
      }
    }
    double[] sums = tensor.has("channel_sums") ? tensor.doubles("channel_sums") : null;
    return new TensorStatistics(
        histogram(tensor, counts),
        tensor.real("min", Double.POSITIVE_INFINITY),
        tensor.real("max", Double.NEGATIVE_INFINITY),
        tensor.longInteger("count"),
        tensor.longInteger("non_finite"),
        sums,
        exponents(tensor));
  }

  private static Histogram histogram(Config tensor, long[] counts) {
    double[] limit = tensor.doubles("limit");
    if (limit.length != 1) {
      throw new MalformedModelException(
          "%s.limit: has %d numbers; expected one".formatted(tensor.place(), limit.length));
    }
    try {
      return Histogram.of(counts, limit[0]);
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

  /** Writes statistics atomically: the file is replaced when it is complete. */
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

  /** Returns a text that changes with the structure and with the constants of the main graph. */
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
