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
 * A benchmark of the latency of one model. Engines take turns, so that other load on the machine
 * affects all of them alike. Inputs are random and the same for every engine.
 */
public final class LatencyBenchmark {
  private static final long SEED = 1;

  /** Long enough for the virtual machine to compile all kernels, even of very small models. */
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  private LatencyBenchmark() {}

  /**
   * The latencies of one engine, in nanoseconds.
   *
   * @param engine the engine's name
   * @param load time to open the file and to allocate tensors
   * @param first duration of the first invocation
   * @param median median duration of the timed invocations
   * @param p90 90th percentile of the durations of the timed invocations
   * @param activationBytes size of the activations in bytes; -1 if the engine does not report it
   */
  public record Latency(
      String engine, long load, long first, long median, long p90, long activationBytes) {}

  /**
   * Measures engines on the main graph of a model, with the input shapes that it declares.
   *
   * @param engines the names of the engines
   * @param options the options of all engines but their name
   * @param runs number of timed invocations of each engine, at least 1
   * @param progress receives a line of text before each step
   * @return one result for each engine, in the given order
   * @throws IOException if the file cannot be read
   * @throws dev.whittle.ir.ModelException if an engine cannot run the model
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
      Map<String, long[]> times = timeInTurns(interpreters, runs, progress);
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
   * The latency of a node of the main graph.
   *
   * @param node the node's index in the graph
   * @param operator the operator's name
   * @param kernel the name of the kernel that runs the node
   * @param median median duration in nanoseconds
   */
  public record NodeLatency(int node, String operator, String kernel, long median) {}

  /**
   * Measures the nodes of the main graph of a model, with the input shapes that it declares.
   *
   * @param runs number of timed invocations, at least 1
   * @param progress receives a line of text before each step
   * @return one result for each node that runs, in execution order
   * @throws IOException if the file cannot be read
   * @throws dev.whittle.ir.ModelException if the engine cannot run the model
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

  /** Returns the sorted durations of each engine's invocations, in nanoseconds. */
  private static Map<String, long[]> timeInTurns(
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
      // Inputs of other types are often indices, for which 0 is always valid.
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
