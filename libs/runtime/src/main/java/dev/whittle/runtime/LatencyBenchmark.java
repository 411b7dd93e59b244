package dev.whittle.runtime;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.session.PlannedNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Measures engines on one model, in turns, so that whatever else the machine does hits all alike.
 * Inputs are random, the same for every engine.
 */
public final class LatencyBenchmark {
  private static final long SEED = 1;

  /** Enough for Java to compile what runs of a few microseconds go through. */
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  private LatencyBenchmark() {}

  /**
   * What was measured, in nanoseconds.
   *
   * @param load to open the file and plan memory
   * @param first the first invocation
   * @param median of the invocations after warming up
   * @param p90 nine of ten of them took no longer
   * @param activationBytes in the engine's memory plan; -1 if it does not say
   */
  public record Latency(
      String engine, long load, long first, long median, long p90, long activationBytes) {}

  /**
   * Measures engines on the main graph of a model, with its declared extents.
   *
   * @param runs how many timed invocations each engine makes
   * @param progress receives a line before each step
   */
  public static List<Latency> measure(
      Path file,
      List<String> engines,
      InterpreterOptions options,
      int runs,
      Consumer<String> progress)
      throws IOException {
    Map<String, Interpreter> interpreters = new LinkedHashMap<>();
    try {
      Map<String, Long> loads = new LinkedHashMap<>();
      Map<String, Long> firsts = new LinkedHashMap<>();
      for (String engine : engines) {
        progress.accept("loading " + file + " in engine " + engine);
        long start = System.nanoTime();
        Interpreter interpreter = Interpreter.of(file, options.withEngine(engine));
        interpreters.put(engine, interpreter);
        interpreter.allocateTensors();
        loads.put(engine, System.nanoTime() - start);
        fill(interpreter);
        firsts.put(engine, time(interpreter));
      }
      Map<String, long[]> times = inTurns(interpreters, runs, progress);
      List<Latency> latencies = new ArrayList<>();
      times.forEach(
          (engine, nanos) ->
              latencies.add(
                  new Latency(
                      engine,
                      loads.getOrDefault(engine, 0L),
                      firsts.getOrDefault(engine, 0L),
                      nanos[nanos.length / 2],
                      nanos[nanos.length * 9 / 10],
                      activations(interpreters, engine))));
      return latencies;
    } finally {
      interpreters.values().forEach(Interpreter::close);
    }
  }

  /**
   * How long a node of the main graph takes.
   *
   * @param node its index in the graph
   * @param operator its name
   * @param kernel what runs it
   * @param median in nanoseconds
   */
  public record NodeLatency(int node, String operator, String kernel, long median) {}

  /**
   * Measures the nodes of the main graph of a model, with its declared extents, in their order.
   *
   * @param runs how often each is timed
   * @param progress receives a line before each step
   * @throws UnsupportedOperationException if the engine does not time nodes
   */
  public static List<NodeLatency> profile(
      Path file, InterpreterOptions options, int runs, Consumer<String> progress)
      throws IOException {
    try (Interpreter interpreter = Interpreter.of(file, options)) {
      interpreter.allocateTensors();
      fill(interpreter);
      Map<Integer, long[]> times = new TreeMap<>();
      int[] run = {0};
      interpreter.timeNodes(
          (graph, node, nanoseconds) -> {
            if (graph == 0) {
              times.computeIfAbsent(node, n -> new long[runs])[run[0]] = nanoseconds;
            }
          });
      progress.accept("timing the nodes of " + file + " in engine " + options.engine());
      warmUp(interpreter);
      for (; run[0] < runs; run[0]++) {
        interpreter.invoke();
      }
      Graph graph = interpreter.model().mainGraph();
      List<NodeLatency> latencies = new ArrayList<>();
      for (PlannedNode planned : interpreter.plan()) {
        long[] nanos = times.get(planned.node());
        if (nanos != null) {
          Arrays.sort(nanos);
          String operator = graph.nodes().get(planned.node()).op().type().name();
          latencies.add(
              new NodeLatency(planned.node(), operator, planned.kernel(), nanos[runs / 2]));
        }
      }
      return latencies;
    }
  }

  private static long activations(Map<String, Interpreter> interpreters, String engine) {
    Interpreter interpreter = interpreters.get(engine);
    return interpreter == null ? -1 : interpreter.activationBytes();
  }

  private static Map<String, long[]> inTurns(
      Map<String, Interpreter> interpreters, int runs, Consumer<String> progress) {
    progress.accept("warming up");
    for (Interpreter interpreter : interpreters.values()) {
      warmUp(interpreter);
    }
    progress.accept("timing " + runs + " runs");
    Map<String, long[]> times = new LinkedHashMap<>();
    interpreters.keySet().forEach(engine -> times.put(engine, new long[runs]));
    for (int i = 0; i < runs; i++) {
      int run = i;
      interpreters.forEach(
          (engine, interpreter) -> {
            long[] nanos = times.get(engine);
            if (nanos != null) {
              nanos[run] = time(interpreter);
            }
          });
    }
    times.values().forEach(Arrays::sort);
    return times;
  }

  private static void warmUp(Interpreter interpreter) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    do {
      interpreter.invoke();
    } while (System.nanoTime() < end);
  }

  private static long time(Interpreter interpreter) {
    long start = System.nanoTime();
    interpreter.invoke();
    return System.nanoTime() - start;
  }

  private static void fill(Interpreter interpreter) {
    var random = new SplittableRandom(SEED);
    Model model = interpreter.model();
    for (int i = 0; i < interpreter.getInputTensorCount(); i++) {
      Value declared = model.mainGraph().value(model.mainGraph().inputs().get(i));
      Tensor input = interpreter.getInputTensor(i);
      if (!declared.type().hasFixedSize()) {
        continue;
      }
      // Numbers of other types are often indices: zero is valid for all.
      input.data().fill((byte) 0);
      for (long e = 0; e < input.elements(); e++) {
        switch (declared.type()) {
          case FLOAT32 -> input.setFloat(e, (float) random.nextDouble(-1, 1));
          case INT8, UINT8 -> input.setByte(e, (byte) random.nextInt());
          default -> {}
        }
      }
    }
  }
}
