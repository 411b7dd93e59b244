package dev.whittle.runtime.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.Model;
import dev.whittle.ir.ModelException;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.shape.BatchToSpaceNd;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.DepthToSpace;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.ReverseV2;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.SpaceToBatchNd;
import dev.whittle.ir.op.shape.SpaceToDepth;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.FastEngine;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.runtime.ReferenceEngine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels of operators that move elements, join them, deal them out or look them up. */
@Tag("without-vectors")
class MoveSelectorTest {
  private static final Quantization A = Quantization.perTensor(0.021f, -5);
  private static final Quantization B = Quantization.perTensor(0.0313f, 7);

  private static final Map<String, Function<KernelCase, Value>> CASES = new LinkedHashMap<>();

  static {
    CASES.put("transpose", c -> c.node(new Transpose(), c.floats(5, 37, 41), c.list(0, 2, 1)));
    CASES.put(
        "transpose of four axes",
        c -> c.node(new Transpose(), c.floats(3, 5, 17, 19), c.list(2, 0, 3, 1)));
    CASES.put(
        "transpose of integers",
        c -> c.node(new Transpose(), c.integers(2, 33, 18), c.list(2, 1, 0)));
    CASES.put(
        "transpose of bytes",
        c -> c.quantized(A, new Transpose(), c.bytes(A, 2, 33, 18), c.list(0, 2, 1)));
    CASES.put(
        "slice", c -> c.node(new Slice(), c.floats(4, 9, 33), c.list(1, 2, 3), c.list(2, 5, 21)));
    CASES.put("reverse", c -> c.node(new ReverseV2(), c.floats(4, 9, 33), c.list(2, 0)));
    CASES.put("tile", c -> c.node(new Tile(), c.floats(3, 1, 7), c.list(2, 5, 3)));
    CASES.put("space to depth", c -> c.node(new SpaceToDepth(2), c.floats(2, 6, 10, 5)));
    CASES.put("depth to space", c -> c.node(new DepthToSpace(2), c.floats(2, 3, 5, 20)));
    CASES.put(
        "pad", c -> c.node(new Pad(), c.floats(1, 9, 11, 5), c.pairs(0, 0, 1, 2, 3, 0, 0, 1)));
    CASES.put(
        "pad of bytes",
        c -> c.quantized(A, new Pad(), c.bytes(A, 1, 9, 11, 5), c.pairs(0, 0, 1, 2, 3, 0, 0, 1)));
    CASES.put(
        "pad of integers with a number",
        c ->
            c.node(
                new PadV2(),
                c.integers(3, 5),
                c.pairs(1, 2, 3, 0),
                c.graph().constant("rim", Tensor.of(new int[] {-77_777}))));
    CASES.put(
        "mirror",
        c -> c.node(new MirrorPad(false), c.floats(1, 9, 11, 5), c.pairs(0, 0, 3, 2, 1, 4, 0, 0)));
    for (int axis : new int[] {0, 1, 2, -1}) {
      var pack = new Pack(3, axis);
      String name = "pack along " + axis;
      CASES.put(name, c -> c.node(pack, c.floats(37, 41), c.weights(37, 41), c.floats(37, 41)));
      CASES.put(
          name + ", of integers",
          c -> c.node(pack, c.integers(37, 41), c.integers(37, 41), c.integers(37, 41)));
      CASES.put(
          name + ", of bytes",
          c -> c.quantized(A, pack, c.bytes(A, 37, 41), c.bytes(B, 37, 41), c.bytes(A, 37, 41)));
    }
    for (int axis : new int[] {1, 2, -1}) {
      var join = new Concatenation(axis, Activation.NONE);
      String name = "concatenation along " + axis;
      int[] a = axis == 1 ? new int[] {300, 3, 7} : new int[] {300, 7, 3};
      int[] b = axis == 1 ? new int[] {300, 1, 7} : new int[] {300, 7, 1};
      int[] d = axis == 1 ? new int[] {300, 19, 7} : new int[] {300, 7, 19};
      CASES.put(name, c -> c.node(join, c.floats(a), c.weights(b), c.floats(d)));
      CASES.put(
          name + ", of integers", c -> c.node(join, c.integers(a), c.integers(d), c.integers(b)));
      CASES.put(
          name + ", of bytes",
          c -> c.quantized(A, join, c.bytes(A, a), c.bytes(A, b), c.bytes(A, d)));
      CASES.put(name + ", of longs", c -> c.node(join, c.wide(a), c.wide(b), c.wide(d)));
    }
    CASES.put(
        "concatenation of long rows",
        c -> {
          Value x = c.floats(2, 20_011);
          return c.node(new Concatenation(1, Activation.NONE), x, c.floats(2, 17_001), x);
        });
    CASES.put("split", c -> turned(c, new Split(3), scalar(c, 1), c.floats(130, 21, 5)));
    CASES.put(
        "split of integers", c -> turned(c, new Split(3), scalar(c, -1), c.integers(13, 5, 21)));
    CASES.put(
        "split of long rows", c -> turned(c, new Split(3), scalar(c, 1), c.floats(2, 60_003)));
    CASES.put(
        "split of bytes in uneven parts",
        c -> turned(c, new SplitV(3), c.bytes(A, 13, 21), c.list(2, 15, -1), scalar(c, 1)));
    CASES.put(
        "split with an empty part",
        c -> turned(c, new SplitV(3), c.floats(13, 21), c.list(2, 0, -1), scalar(c, 1)));
    CASES.put("slices", c -> turned(c, new Unpack(3, -1), c.floats(45, 31, 3)));
    CASES.put("slices of integers", c -> turned(c, new Unpack(3, 1), c.integers(45, 3, 31)));
    for (int axis = 0; axis < 3; axis++) {
      var gather = new Gather(axis, 0);
      int length = new int[] {33, 7, 19}[axis];
      String name = "gather along " + axis;
      CASES.put(name, c -> c.node(gather, c.floats(33, 7, 19), c.indices(length, 5, 9)));
      CASES.put(
          name + ", of integers",
          c -> c.node(gather, c.integers(33, 7, 19), c.indices(length, 50)));
      CASES.put(
          name + ", of bytes",
          c -> c.quantized(A, gather, c.bytes(A, 33, 7, 19), c.indices(length, 50)));
      CASES.put(
          name + ", of longs", c -> c.node(gather, c.wide(33, 7, 19), c.wideIndices(length, 50)));
      CASES.put(
          name + ", of a large constant",
          c -> c.node(gather, c.weights(165, 63, 57), c.indices(length, 5)));
    }
    CASES.put(
        "gather by batches",
        c -> c.node(new Gather(2, 1), c.floats(3, 5, 21, 4), c.indices(21, 3, 11)));
    CASES.put(
        "gather by all axes of batches",
        c -> c.node(new Gather(-1, -1), c.floats(3, 21), c.indices(21, 3, 7)));
    CASES.put(
        "gather at coordinates",
        c -> c.node(new GatherNd(), c.floats(13, 17, 5), c.indices(13, 77, 2)));
    CASES.put(
        "gather at all coordinates",
        c -> c.node(new GatherNd(), c.integers(13, 17, 15), c.wideIndices(13, 7, 11, 3)));
    CASES.put("lookup", c -> c.lookup(TensorType.FLOAT32, c.indices(77, 300), c.floats(77, 3, 5)));
    CASES.put(
        "lookup in a large table",
        c -> c.lookup(TensorType.FLOAT32, c.indices(3000, 300), c.weights(3000, 101)));
    for (int axis : new int[] {-1, 0}) {
      CASES.put(
          "lookup of floats in a table of bytes, scales " + axis,
          c -> c.lookup(TensorType.FLOAT32, c.indices(77, 300), c.stored(axis, 77, 3, 35)));
    }
    var batched = new SpaceToBatchNd();
    CASES.put(
        "blocks as batches",
        c -> c.node(batched, c.floats(3, 9, 10, 5), c.list(3, 2), c.pairs(0, 0, 0, 0)));
    CASES.put(
        "blocks and a rim as batches",
        c -> c.node(batched, c.floats(3, 7, 9, 5), c.list(3, 2), c.pairs(1, 4, 2, 1)));
    CASES.put(
        "blocks and a rim of bytes as batches",
        c -> c.quantized(A, batched, c.bytes(A, 3, 7, 9, 5), c.list(3, 2), c.pairs(1, 4, 2, 1)));
    CASES.put(
        "blocks and a rim of integers as batches",
        c -> c.node(batched, c.integers(3, 7, 5), c.list(2), c.pairs(1, 0)));
    var spaced = new BatchToSpaceNd();
    CASES.put(
        "batches as blocks",
        c -> c.node(spaced, c.floats(12, 4, 5, 3), c.list(3, 2), c.pairs(1, 4, 2, 1)));
    CASES.put(
        "batches of bytes as blocks",
        c -> c.quantized(A, spaced, c.bytes(A, 12, 4, 5, 3), c.list(3, 2), c.pairs(0, 0, 2, 1)));
    CASES.put(
        "slice of short runs",
        c -> c.node(new Slice(), c.floats(5, 900, 14), c.list(1, 3, 2), c.list(3, 891, 5)));
    CASES.put(
        "slice of runs of integers",
        c -> c.node(new Slice(), c.integers(5, 900, 14), c.list(1, 3, 2), c.list(3, 891, 9)));
    CASES.put(
        "slice with steps",
        c ->
            c.node(
                new StridedSlice(0, 0, 0, 0, 0, false),
                c.floats(41, 43, 17),
                c.list(40, 1, 0),
                c.list(-42, 43, 17),
                c.list(-3, 2, 1)));
    CASES.put(
        "transpose of longs", c -> c.node(new Transpose(), c.wide(2, 33, 18), c.list(2, 1, 0)));
    CASES.put(
        "scattered rows",
        c -> c.node(new ScatterNd(), c.indices(13, 40, 1), c.floats(40, 5, 7), c.list(13, 5, 7)));
    CASES.put(
        "scattered at coordinates",
        c -> c.node(new ScatterNd(), c.indices(5, 9, 11, 2), c.floats(9, 11, 7), c.list(13, 5, 7)));
    for (int axis : new int[] {0, 1, -1}) {
      CASES.put(
          "one of " + axis,
          c ->
              c.node(
                  new OneHot(axis),
                  c.indices(23, 37, 41),
                  scalar(c, 19),
                  c.weights(),
                  c.weights()));
      CASES.put(
          "one of integers " + axis,
          c ->
              c.node(
                  new OneHot(axis),
                  c.indices(23, 3, 4),
                  scalar(c, 19),
                  scalar(c, -7),
                  scalar(c, 1000)));
    }
    CASES.put("places of true ones", c -> c.node(new Where(), c.truths(5, 17, 19)));
    CASES.put("places in a row", c -> c.node(new Where(), c.truths(5000)));
  }

  /** Three outputs of a node, joined the other way round. */
  private static Value turned(KernelCase c, Op op, Value... operands) {
    List<Value> parts = c.graph().nodes(List.of("p", "q", "r"), op, operands);
    Op join = new Concatenation(1, Activation.NONE);
    return c.node(join, parts.get(2), parts.get(1), parts.get(0));
  }

  private static Value scalar(KernelCase c, int value) {
    return c.graph().constant("axis", Tensor.of(new int[] {value}));
  }

  static Stream<String> cases() {
    return CASES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreThoseOfTheReferenceKernelsForAnyNumberOfThreads(String name) {
    KernelCase.compare(name, Objects.requireNonNull(CASES.get(name)));
  }

  @Test
  void aMirrorWiderThanTheTensorIsReportedWhenItRuns() {
    var built = new KernelCase();
    Value y = built.node(new MirrorPad(false), built.floats(1, 3), built.pairs(0, 0, 3, 0));
    Model model = built.graph().output(y).buildModel("test");
    var options = InterpreterOptions.DEFAULT.withEngine(FastEngine.NAME);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      interpreter.allocateTensors();
      Exception thrown = assertThrows(RuntimeException.class, interpreter::invoke);
      assertTrue(String.valueOf(thrown.getMessage()).contains("reflect"), thrown.getMessage());
    }
  }

  @Test
  void indicesOfNoRowAreReportedAsTheReferenceKernelsReportThem() {
    int[] wrong = {-1, 7, Integer.MAX_VALUE, Integer.MIN_VALUE};
    for (int index : wrong) {
      List<Function<KernelCase, Value>> lookups =
          List.of(
              c -> c.node(new Gather(1, 0), c.floats(5, 7), c.list(3, index, 9)),
              c -> c.node(new GatherNd(), c.floats(7, 7), c.pairs(3, 3, 2, index)),
              c -> c.lookup(TensorType.FLOAT32, c.list(3, index), c.floats(7, 7)),
              c -> c.node(new ScatterNd(), c.pairs(3, index), c.floats(1), c.list(7, 7)));
      for (Function<KernelCase, Value> lookup : lookups) {
        var built = new KernelCase();
        Model model = built.graph().output(lookup.apply(built)).buildModel("test");
        assertEquals(message(model, ReferenceEngine.NAME), message(model, FastEngine.NAME));
      }
    }
  }

  private static String message(Model model, String engine) {
    var options = InterpreterOptions.DEFAULT.withEngine(engine);
    try (Interpreter interpreter = Interpreter.of(model, options)) {
      interpreter.allocateTensors();
      if (engine.equals(FastEngine.NAME)) {
        String kernel = interpreter.plan().getFirst().kernel();
        assertTrue(kernel.matches("fast: (Gather|ScatterNd)Kernel"), kernel);
      }
      ModelException thrown = assertThrows(ModelException.class, interpreter::invoke);
      return String.valueOf(thrown.getMessage());
    }
  }
}
