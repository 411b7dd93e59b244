package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.BOOL;
import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT32;
import static dev.whittle.ir.tensor.TensorType.INT64;
import static dev.whittle.ir.tensor.TensorType.STRING;

import dev.whittle.ir.Graph;
import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.control.CallOnce;
import dev.whittle.ir.op.control.If;
import dev.whittle.ir.op.control.StableHloComposite;
import dev.whittle.ir.op.control.While;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.random.Multinomial;
import dev.whittle.ir.op.random.RandomStandardNormal;
import dev.whittle.ir.op.random.RandomUniform;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.state.AssignVariable;
import dev.whittle.ir.op.state.Hashtable;
import dev.whittle.ir.op.state.HashtableFind;
import dev.whittle.ir.op.state.HashtableImport;
import dev.whittle.ir.op.state.HashtableSize;
import dev.whittle.ir.op.state.ReadVariable;
import dev.whittle.ir.op.state.VarHandle;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Cases of control flow, random and stateful operators. */
final class StateCases {
  static final List<CaseGenerator> ALL =
      List.of(
          CaseGenerator.close("IF", StateCases::branch),
          CaseGenerator.close("WHILE", StateCases::loop),
          CaseGenerator.close("CALL_ONCE", StateCases::callOnce),
          CaseGenerator.close("STABLEHLO_COMPOSITE", StateCases::composite),
          CaseGenerator.exact(
              "RANDOM_UNIFORM", b -> random(b, new RandomUniform(b.between(1, 99), 7))),
          CaseGenerator.close(
              "RANDOM_STANDARD_NORMAL",
              b -> random(b, new RandomStandardNormal(5, b.between(0, 99)))),
          CaseGenerator.exact("MULTINOMIAL", StateCases::multinomial),
          CaseGenerator.exact("VAR_HANDLE", StateCases::variable),
          CaseGenerator.exact("ASSIGN_VARIABLE", StateCases::variable),
          CaseGenerator.exact("READ_VARIABLE", StateCases::variable),
          CaseGenerator.exact("HASHTABLE", StateCases::hashTable),
          CaseGenerator.exact("HASHTABLE_IMPORT", StateCases::hashTable),
          CaseGenerator.exact("HASHTABLE_FIND", StateCases::hashTable),
          CaseGenerator.exact("HASHTABLE_SIZE", StateCases::hashTable));

  private StateCases() {}

  private static final Add ADD = new Add(Activation.NONE, true);

  private static Graph doubled(Shape shape) {
    var graph = new GraphBuilder("doubled");
    Value x = graph.input("x", FLOAT32, shape);
    graph.output(graph.node("y", ADD, x, x));
    return graph.build();
  }

  /** Returns a graph whose output has the shape of its input or twice the length. */
  private static Graph squared(Shape shape, boolean longer) {
    var graph = new GraphBuilder("squared");
    Value x = graph.input("x", FLOAT32, shape);
    Value y = graph.node("y", new Mul(Activation.NONE), x, x);
    graph.output(longer ? graph.node("z", new Concatenation(0, Activation.NONE), y, y) : y);
    return graph.build();
  }

  private static void branch(CaseBuilder b) {
    Tensor condition = Tensor.allocate(BOOL);
    condition.setBoolean(0, b.chance(0.5));
    Value x = b.input(FLOAT32, b.dims(1, 3));
    int first = b.addGraph(doubled(x.shape()));
    int second = b.addGraph(squared(x.shape(), b.chance(0.5)));
    Value test = b.input(condition);
    Value result = Value.of(0, "result", FLOAT32, Shape.UNKNOWN);
    b.graph()
        .nodesAsDeclared(List.of(result), new If(first, second), test, x)
        .forEach(b.graph()::output);
  }

  /** Generates a loop that counts to a limit and doubles or extends a vector in each iteration. */
  private static void loop(CaseBuilder b) {
    boolean longer = b.chance(0.5);
    int limit = b.between(0, 4);
    Shape shape = longer ? Shape.of(Shape.DYNAMIC) : Shape.of(3);
    var condition = new GraphBuilder("condition");
    Value i = condition.input("i", INT32, Shape.SCALAR);
    condition.input("x", FLOAT32, shape);
    Value bound = condition.constant("limit", Tensor.of(new int[] {limit}));
    condition.output(condition.node("go_on", new Less(), i, bound));
    var body = new GraphBuilder("body");
    Value j = body.input("i", INT32, Shape.SCALAR);
    Value x = body.input("x", FLOAT32, shape);
    Value one = body.constant("one", Tensor.of(new int[] {1}));
    Value next = body.node("next", ADD, j, one);
    Value grown =
        longer
            ? body.node("grown", new Concatenation(0, Activation.NONE), x, x)
            : body.node("grown", ADD, x, x);
    body.output(next, grown);
    int conditionIndex = b.addGraph(condition.build());
    int bodyIndex = b.addGraph(body.build());
    Value start = b.input(Tensor.of(new int[] {b.between(0, 2)}));
    Value vector = b.input(FLOAT32, 3);
    List<Value> results =
        List.of(Value.of(0, "count", INT32, Shape.SCALAR), Value.of(0, "grown", FLOAT32, shape));
    b.graph()
        .nodesAsDeclared(results, new While(conditionIndex, bodyIndex), start, vector)
        .forEach(b.graph()::output);
  }

  private static void random(CaseBuilder b, Op op) {
    int[] shape = b.dims(1, 3);
    b.output(op, b.constantOrInput(Tensor.of(shape, shape.length)));
  }

  private static void multinomial(CaseBuilder b) {
    Value logits = b.input(FLOAT32, b.dims(2, 2));
    Value template = Value.of(0, "classes", b.oneOf(INT32, INT64), Shape.UNKNOWN);
    Value count = b.constant(Tensor.of(new int[] {b.between(1, 9)}));
    b.graph().output(b.graph().node(template, new Multinomial(b.between(1, 99), 3), logits, count));
  }

  private static Value handle(GraphBuilder graph) {
    return graph.node("handle", new VarHandle("", "v"));
  }

  /** Composites of a sum and a product of two operands, the second of which may nest the first. */
  private static void composite(CaseBuilder b) {
    Shape shape = Shape.of(b.dims(1, 3));
    var inner = new GraphBuilder("inner");
    Value p = inner.input("p", FLOAT32, shape);
    Value q = inner.input("q", FLOAT32, shape);
    inner.output(inner.node("sum", ADD, p, q));
    int innerIndex = b.addGraph(inner.build());
    var outer = new GraphBuilder("outer");
    Value x = outer.input("x", FLOAT32, shape);
    Value y = outer.input("y", FLOAT32, shape);
    Value sum =
        b.chance(0.5)
            ? composite(outer, "sum", innerIndex, shape, x, y)
            : outer.node("sum", ADD, x, y);
    outer.output(outer.node("product", new Mul(Activation.NONE), sum, x));
    int outerIndex = b.addGraph(outer.build());
    Value first = b.input(FLOAT32, shape.toArray());
    Value second = b.input(FLOAT32, shape.toArray());
    b.graph().output(composite(b.graph(), "result", outerIndex, shape, first, second));
  }

  private static Value composite(
      GraphBuilder graph, String output, int index, Shape shape, Value... operands) {
    // The native runtime reads the attributes without a check that they are there.
    var op = new StableHloComposite("test." + output, index, List.of(0), 0, 1);
    List<Value> declared = List.of(Value.of(0, output, FLOAT32, shape));
    return graph.nodesAsDeclared(declared, op, operands).getFirst();
  }

  private static void callOnce(CaseBuilder b) {
    var once = new GraphBuilder("once");
    Tensor contents = b.randomTensor(FLOAT32, null, 3);
    once.nodes(List.of(), new AssignVariable(), handle(once), once.constant("initial", contents));
    int index = b.addGraph(once.build());
    b.graph().nodes(List.of(), new CallOnce(index));
    Value x = b.input(FLOAT32, 3);
    Value template = Value.of(0, "read", FLOAT32, Shape.of(3));
    Value read = b.graph().node(template, new ReadVariable(), handle(b.graph()));
    b.graph().output(b.graph().node("sum", ADD, x, read));
  }

  private static void variable(CaseBuilder b) {
    if (b.chance(0.3)) {
      stream(b);
      return;
    }
    Value x = b.input(b.oneOf(FLOAT32, INT32, INT64), b.dims(1, 3));
    Value handle = handle(b.graph());
    b.graph().nodes(List.of(), new AssignVariable(), handle, x);
    Value template = Value.of(0, "read", x.type(), x.shape());
    b.graph().output(b.graph().node(template, new ReadVariable(), handle));
  }

  /** A window over a stream: the last rows of the step before, then the new ones. */
  private static void stream(CaseBuilder b) {
    int kept = b.between(1, 4);
    int added = b.between(1, 3);
    int columns = b.between(1, 5);
    Tensor contents = b.randomTensor(FLOAT32, null, 1, kept, columns);
    var once = new GraphBuilder("once");
    once.nodes(List.of(), new AssignVariable(), handle(once), once.constant("initial", contents));
    b.graph().nodes(List.of(), new CallOnce(b.addGraph(once.build())));
    Value x = b.input(FLOAT32, 1, added, columns);
    Value state = handle(b.graph());
    Shape shape = b.chance(0.5) ? Shape.of(1, kept, columns) : Shape.of(-1, kept, columns);
    Value template = Value.of(0, "read", FLOAT32, shape);
    Value read = b.graph().node(template, new ReadVariable(), state);
    Value window = b.graph().node("window", new Concatenation(1, Activation.NONE), read, x);
    Value begin = b.graph().constant("begin", Tensor.of(new int[] {0, added, 0}, 3));
    Value size = b.graph().constant("size", Tensor.of(new int[] {1, kept, columns}, 3));
    Value next = b.graph().node("next", new Slice(), window, begin, size);
    b.graph().nodes(List.of(), new AssignVariable(), state, next);
    b.output(new Add(Activation.NONE, true), window, window);
  }

  private static void hashTable(CaseBuilder b) {
    int size = b.between(1, 5);
    Tensor numbers = Tensor.allocate(INT64, size);
    List<byte[]> names = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      numbers.setInteger(i, 10L * i);
      names.add(("name" + i).getBytes(StandardCharsets.UTF_8));
    }
    var strings = new Tensor(STRING, null, Tensor.Allocator.AUTOMATIC);
    strings.setStrings(names, size);
    boolean toStrings = b.chance(0.5);
    Value handle =
        b.graph()
            .node(
                "table", new Hashtable(1, toStrings ? INT64 : STRING, toStrings ? STRING : INT64));
    Value keys = b.constant(toStrings ? numbers : strings);
    Value values = b.constant(toStrings ? strings : numbers);
    b.graph().nodes(List.of(), new HashtableImport(), handle, keys, values);
    Tensor queries;
    Tensor fallback;
    if (toStrings) {
      queries = Tensor.allocate(INT64, 4);
      for (int i = 0; i < 4; i++) {
        queries.setInteger(i, 10L * b.between(0, 6));
      }
      fallback = new Tensor(STRING, null, Tensor.Allocator.AUTOMATIC);
      fallback.setStrings(List.of("none".getBytes(StandardCharsets.UTF_8)), 1);
    } else {
      queries = new Tensor(STRING, null, Tensor.Allocator.AUTOMATIC);
      List<byte[]> queryNames = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        queryNames.add(("name" + b.between(0, 6)).getBytes(StandardCharsets.UTF_8));
      }
      queries.setStrings(queryNames, 4);
      fallback = Tensor.allocate(INT64, 1);
      fallback.setInteger(0, -1);
    }
    Value query = b.input(queries);
    b.graph()
        .output(
            b.graph().node("found", new HashtableFind(), handle, query, b.constant(fallback)),
            b.graph().node("size", new HashtableSize(), handle));
  }
}
