package dev.whittle.train.knn;

import dev.whittle.convert.knn.Distance;
import dev.whittle.convert.knn.KnnGraph;
import dev.whittle.convert.knn.LabeledPoints;
import dev.whittle.ir.Model;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Gather;
import org.tensorflow.op.core.OneHot;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.op.linalg.MatMul;
import org.tensorflow.op.nn.TopK;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * A k-nearest-neighbors classifier in TensorFlow. Points are enrolled once and kept as a tensor.
 * Large numbers of them are searched by a matrix multiplication first, as in {@link KnnGraph}. Not
 * thread-safe.
 */
public final class TensorFlowKnn implements KnnClassifier {
  private final LabeledPoints enrolled;
  private final int k;
  private final Distance distance;
  private final Graph graph = new Graph();
  private final Ops tf = Ops.create(graph);
  private final Session session;
  private final TFloat32 pointsTensor;
  private final TInt32 labelsTensor;
  private final Placeholder<TFloat32> x;
  private final Placeholder<TFloat32> points;
  private final Placeholder<TInt32> labels;
  private final Operand<TInt32> found;
  private final Operand<TFloat32> distances;
  private final Operand<TInt32> predicted;

  private record Found(Operand<TInt32> neighbors, Operand<TFloat32> distances) {}

  /**
   * Creates a classifier of points.
   *
   * @param enrolled the points to search
   * @param k the number of neighbors that vote, from 1 to the number of points
   * @throws IllegalArgumentException if {@code k} is out of range
   */
  public TensorFlowKnn(LabeledPoints enrolled, int k, Distance distance) {
    if (k < 1 || k > enrolled.rows()) {
      throw new IllegalArgumentException(
          "k must be 1 to %d, the number of points, not %d".formatted(enrolled.rows(), k));
    }
    this.enrolled = enrolled;
    this.k = k;
    this.distance = distance;
    Shape pointsShape = Shape.of(enrolled.rows(), enrolled.columns());
    this.pointsTensor =
        TFloat32.tensorOf(pointsShape, DataBuffers.of(enrolled.coordinates(), true, false));
    this.labelsTensor =
        TInt32.tensorOf(Shape.of(enrolled.rows()), DataBuffers.of(enrolled.labels(), true, false));
    this.x = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, enrolled.columns())));
    this.points = tf.placeholder(TFloat32.class, Placeholder.shape(pointsShape));
    this.labels = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(enrolled.rows())));
    Found nearest =
        switch (distance) {
          case COSINE -> byCosine();
          case SQUARED_L2 -> bySquaredDistance(x, points);
          case L2 -> {
            Found squared = bySquaredDistance(x, points);
            yield new Found(squared.neighbors, tf.math.sqrt(squared.distances));
          }
        };
    this.found = nearest.neighbors;
    this.distances = nearest.distances;
    this.predicted = vote(nearest.neighbors);
    this.session = new Session(graph);
  }

  private TopK<TFloat32, TInt32> nearest(Operand<TFloat32> closeness, int count) {
    return tf.nn.topK(closeness, tf.constant(count), TInt32.class, TopK.sorted(true));
  }

  private Found bySquaredDistance(Operand<TFloat32> from, Operand<TFloat32> to) {
    if (!KnnGraph.comparesDirectly(enrolled.coordinates().length)) {
      return byCandidates(from, to);
    }
    TopK<TFloat32, TInt32> top = nearest(closeness(from, to), k);
    return new Found(top.indices(), tf.math.neg(top.values()));
  }

  /** Returns the negative squared distances. */
  private Operand<TFloat32> closeness(Operand<TFloat32> from, Operand<TFloat32> others) {
    Operand<TFloat32> row = tf.expandDims(from, tf.constant(1));
    Operand<TFloat32> squares = tf.math.squaredDifference(row, others);
    return tf.math.neg(tf.reduceSum(squares, tf.constant(2)));
  }

  /**
   * Selects candidates by x p - |p|^2 / 2, which decreases with the distance of a point p from x,
   * and computes the distances of these only. The points are centered first to reduce cancellation.
   */
  private Found byCandidates(Operand<TFloat32> from, Operand<TFloat32> to) {
    Operand<TFloat32> center = tf.math.mean(to, tf.constant(0));
    Operand<TFloat32> centered = tf.math.sub(to, center);
    Operand<TFloat32> centeredFrom = tf.math.sub(from, center);
    Operand<TFloat32> half =
        tf.math.mul(tf.constant(0.5f), tf.reduceSum(tf.math.square(centered), tf.constant(1)));
    Operand<TFloat32> products = tf.linalg.matMul(centeredFrom, centered, MatMul.transposeB(true));
    int count = KnnGraph.candidates(enrolled.rows(), k);
    Operand<TInt32> candidates = nearest(tf.math.sub(products, half), count).indices();
    Operand<TFloat32> candidatePoints = tf.gather(centered, candidates, tf.constant(0));
    TopK<TFloat32, TInt32> top = nearest(closeness(centeredFrom, candidatePoints), k);
    Operand<TInt32> neighbors =
        tf.gather(candidates, top.indices(), tf.constant(1), Gather.batchDims(1L));
    return new Found(neighbors, tf.math.neg(top.values()));
  }

  /** Returns vectors divided by their length. */
  private Operand<TFloat32> direction(Operand<TFloat32> vectors) {
    Operand<TFloat32> square =
        tf.reduceSum(tf.math.square(vectors), tf.constant(1), ReduceSum.keepDims(true));
    Operand<TFloat32> positive = tf.math.maximum(square, tf.constant(Float.MIN_NORMAL));
    return tf.math.mul(vectors, tf.math.rsqrt(positive));
  }

  /** Returns neighbors by cosine distance, which is half the squared distance of unit vectors. */
  private Found byCosine() {
    Found squared = bySquaredDistance(direction(x), direction(points));
    return new Found(squared.neighbors, tf.math.mul(squared.distances, tf.constant(0.5f)));
  }

  /** Returns the majority label. ArgMax returns the first maximum, so the lowest label of a tie. */
  private Operand<TInt32> vote(Operand<TInt32> neighbors) {
    Operand<TInt32> ballots = tf.gather(labels, neighbors, tf.constant(0));
    Operand<TFloat32> oneHot =
        tf.oneHot(
            ballots,
            tf.constant(enrolled.labelNames().size()),
            tf.constant(1f),
            tf.constant(0f),
            OneHot.axis(-1L));
    Operand<TFloat32> votes = tf.reduceSum(oneHot, tf.constant(1));
    return tf.math.argMax(votes, tf.constant(1), TInt32.class);
  }

  @Override
  public Neighbors neighbors(float[] from) {
    int batch = PointBatch.size(from, enrolled.columns());
    try (TFloat32 input =
            TFloat32.tensorOf(
                Shape.of(batch, enrolled.columns()), DataBuffers.of(from, true, false));
        Result result =
            session
                .runner()
                .feed(x, input)
                .feed(points, pointsTensor)
                .feed(labels, labelsTensor)
                .fetch(predicted)
                .fetch(found)
                .fetch(distances)
                .run()) {
      int[] predictions = new int[batch];
      int[] indices = new int[batch * k];
      float[] lengths = new float[batch * k];
      ((TInt32) result.get(0)).asRawTensor().data().asInts().read(predictions);
      ((TInt32) result.get(1)).asRawTensor().data().asInts().read(indices);
      ((TFloat32) result.get(2)).asRawTensor().data().asFloats().read(lengths);
      return new Neighbors(k, predictions, indices, lengths);
    }
  }

  /** Returns this classifier as a model with a dynamic batch; the points are a constant in it. */
  public Model export() {
    return KnnGraph.build(enrolled, k, distance);
  }

  @Override
  public void close() {
    session.close();
    graph.close();
    pointsTensor.close();
    labelsTensor.close();
  }
}
