package dev.whittle.convert.knn;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;
import static dev.whittle.ir.tensor.TensorType.INT32;

import dev.whittle.ir.GraphBuilder;
import dev.whittle.ir.Metadata;
import dev.whittle.ir.Model;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Maximum;
import dev.whittle.ir.op.math.Mul;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.SquaredDifference;
import dev.whittle.ir.op.math.Sub;
import dev.whittle.ir.op.nn.FullyConnected;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Builds the graph of a k-nearest-neighbors classifier. Its signature {@code serving_default} takes
 * {@code x} (float32, {@code [batch, columns]}, any batch) and gives {@code label} (int32, {@code
 * [batch]}: the most frequent label of the neighbors, the lowest of equally frequent ones), {@code
 * neighbors} (int32, {@code [batch, k]}: indices of points, nearest first, the lower first where
 * distances are equal) and {@code distances} (float32, {@code [batch, k]}).
 *
 * <p>Few points are compared directly. Many would take {@code batch * rows * columns} floats of
 * memory. Then a matrix product selects candidates first, since |x - p|^2 = |x|^2 - 2(xp - |p|^2 /
 * 2). That formula loses digits where points are far from the origin, so points are centered, more
 * than k candidates are selected, and the candidates are compared exactly.
 */
public final class KnnGraph {
  /** The name under which a model carries the names of its labels, one a line, as UTF-8. */
  public static final String LABELS = "labels";

  /** The largest total number of coordinates for which all points are compared directly. */
  private static final int MAX_DIRECT = 1 << 16;

  /**
   * Returns whether all points are compared directly.
   *
   * @param coordinates the number of coordinates of all points together
   */
  public static boolean comparesDirectly(int coordinates) {
    return coordinates <= MAX_DIRECT;
  }

  /** Returns the number of candidates that the matrix product selects for the exact comparison. */
  public static int candidates(int rows, int k) {
    return Math.min(rows, k + Math.max(8, k));
  }

  private final LabeledPoints points;
  private final int k;
  private final GraphBuilder graph = new GraphBuilder("main");

  private KnnGraph(LabeledPoints points, int k) {
    this.points = points;
    this.k = k;
  }

  /** The indices of the nearest points, and their distances. */
  private record Found(Value neighbors, Value distances) {}

  /**
   * Builds the model.
   *
   * @param k how many neighbors vote, from 1 to the number of points
   * @throws IllegalArgumentException if {@code k} is out of range, or a point for the cosine
   *     distance is the origin
   */
  public static Model build(LabeledPoints points, int k, Distance distance) {
    if (k < 1 || k > points.rows()) {
      throw new IllegalArgumentException(
          "k = %d neighbors of %d points".formatted(k, points.rows()));
    }
    return new KnnGraph(points, k).build(distance);
  }

  private Model build(Distance distance) {
    Value x = graph.input("x", FLOAT32, Shape.of(Shape.DYNAMIC, points.columns()));
    Found found =
        switch (distance) {
          case COSINE -> byAngle(x);
          case SQUARED_L2 -> bySquaredDistance(x, points.coordinates());
          case L2 -> {
            Found squared = bySquaredDistance(x, points.coordinates());
            // The neighbors are selected by the squares, which are more precise than their roots.
            yield new Found(squared.neighbors, graph.node("roots", new Sqrt(), squared.distances));
          }
        };
    graph.output(vote(found.neighbors), found.neighbors, found.distances);
    Model model = graph.buildModel("Whittle k-nearest neighbors");
    return new Model(
        model.description(),
        model.graphs(),
        List.of(signature(model, found)),
        List.of(new Metadata(LABELS, labelNames())));
  }

  private static Signature signature(Model model, Found found) {
    List<Integer> outputs = model.mainGraph().outputs();
    return new Signature(
        "serving_default",
        0,
        List.of(port("x", model.mainGraph().inputs().getFirst())),
        List.of(
            port("label", outputs.getFirst()),
            port("neighbors", found.neighbors.id()),
            port("distances", found.distances.id())));
  }

  private static Signature.Port port(String name, int value) {
    return new Signature.Port(name, value);
  }

  private Constant labelNames() {
    return Constant.of(String.join("\n", points.labelNames()).getBytes(StandardCharsets.UTF_8));
  }

  private Value scalar(String name, int value) {
    return graph.constant(name, Tensor.of(new int[] {value}));
  }

  private Value scalar(String name, float value) {
    return graph.constant(name, Tensor.of(new float[] {value}));
  }

  private Value axis(int axis) {
    return graph.constant("axis", Tensor.of(new int[] {axis}, 1));
  }

  private List<Value> nearest(Value closeness, int count) {
    return graph.nodes(
        List.of("closeness", "nearest"), new TopKV2(), closeness, scalar("count", count));
  }

  private Found bySquaredDistance(Value x, float[] coordinates) {
    if (comparesDirectly(coordinates.length)) {
      Value all = graph.constant("points", Tensor.of(coordinates, points.rows(), points.columns()));
      List<Value> top = nearest(closeness(x, all), k);
      return new Found(top.get(1), graph.node("distances", new Neg(), top.get(0)));
    }
    return throughCandidates(x, coordinates);
  }

  /** Minus the squared distances of each x to its points: {@code [batch, points]}. */
  private Value closeness(Value x, Value others) {
    Value row = graph.node("row", new ExpandDims(), x, scalar("row_axis", 1));
    Value squares = graph.node("squares", new SquaredDifference(), row, others);
    Value sums = graph.node("squared_distances", new Sum(false), squares, axis(2));
    return graph.node("negated", new Neg(), sums);
  }

  private Found throughCandidates(Value x, float[] coordinates) {
    int rows = points.rows();
    int columns = points.columns();
    float[] center = center(coordinates);
    float[] centered = coordinates.clone();
    float[] bias = new float[rows];
    for (int i = 0; i < rows; i++) {
      double square = 0;
      for (int j = 0; j < columns; j++) {
        float coordinate = centered[i * columns + j] - center[j];
        centered[i * columns + j] = coordinate;
        square += (double) coordinate * coordinate;
      }
      bias[i] = (float) (-0.5 * square);
    }
    Value all = graph.constant("points", Tensor.of(centered, rows, columns));
    Value moved =
        graph.node(
            "centered",
            new Sub(Activation.NONE, true),
            x,
            graph.constant("center", Tensor.of(center, columns)));
    Value scores =
        graph.node(
            "scores",
            new FullyConnected(Activation.NONE, 0, false, false, FLOAT32),
            moved,
            all,
            graph.constant("bias", Tensor.of(bias, rows)));
    Value candidates = nearest(scores, candidates(rows, k)).get(1);
    Value candidatePoints = graph.node("candidate_points", new Gather(0, 0), all, candidates);
    List<Value> top = nearest(closeness(moved, candidatePoints), k);
    Value neighbors = graph.node("neighbors", new Gather(1, 1), candidates, top.get(1));
    return new Found(neighbors, graph.node("distances", new Neg(), top.get(0)));
  }

  private float[] center(float[] coordinates) {
    int columns = points.columns();
    double[] sums = new double[columns];
    for (int i = 0; i < coordinates.length; i++) {
      sums[i % columns] += coordinates[i];
    }
    float[] center = new float[columns];
    for (int j = 0; j < columns; j++) {
      center[j] = (float) (sums[j] / points.rows());
    }
    return center;
  }

  /**
   * Lowers the cosine distance by the distance of unit vectors: |u - v|^2 = 2 (1 - cos). Unlike 1 -
   * cos, it stays precise where vectors are close.
   */
  private Found byAngle(Value x) {
    Value squares = graph.node("x_squares", new Mul(Activation.NONE), x, x);
    Value sum = graph.node("x_square", new Sum(true), squares, axis(1));
    Value positive =
        graph.node("x_positive", new Maximum(), sum, scalar("least", Float.MIN_NORMAL));
    Value inverse = graph.node("x_inverse_length", new Rsqrt(), positive);
    Value direction = graph.node("x_direction", new Mul(Activation.NONE), x, inverse);
    Found squared = bySquaredDistance(direction, directions());
    return new Found(
        squared.neighbors,
        graph.node(
            "cosine_distances", new Mul(Activation.NONE), squared.distances, scalar("half", 0.5f)));
  }

  private float[] directions() {
    int columns = points.columns();
    float[] directions = new float[points.coordinates().length];
    for (int i = 0; i < points.rows(); i++) {
      double square = 0;
      for (int j = 0; j < columns; j++) {
        double coordinate = points.coordinates()[i * columns + j];
        square += coordinate * coordinate;
      }
      if (square == 0) {
        throw new IllegalArgumentException(
            "point %d is the origin, which has no direction: its cosine distance is undefined"
                .formatted(i));
      }
      for (int j = 0; j < columns; j++) {
        int at = i * columns + j;
        directions[at] = (float) (points.coordinates()[at] / Math.sqrt(square));
      }
    }
    return directions;
  }

  /** Counts the neighbors' labels. ARG_MAX takes the first maximum: of a tie, the lowest label. */
  private Value vote(Value neighbors) {
    Value labels = graph.constant("labels", Tensor.of(points.labels(), points.rows()));
    Value ballots = graph.node("ballots", new Gather(0, 0), labels, neighbors);
    Value marks =
        graph.node(
            "marks",
            new OneHot(-1),
            ballots,
            scalar("label_count", points.labelNames().size()),
            scalar("on", 1f),
            scalar("off", 0f));
    Value votes = graph.node("votes", new Sum(false), marks, axis(1));
    return graph.node("label", new ArgMax(INT32), votes, scalar("label_axis", 1));
  }
}
