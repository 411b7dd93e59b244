package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.nn.AveragePool2D;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The order of an average pool and an adjacent pointwise convolution of floats. The two commute,
 * unless an activation is between them: the one averages over pixels and the other sums over
 * channels, and the mean of biased values is the biased mean. They are exchanged if the other order
 * takes less work.
 */
final class PoolingOrder {
  /** The cost of one element of a pool's window, in multiply-adds of a convolution. */
  private static final double ELEMENT_COST = 5;

  private final Graph original;
  private final List<Node> nodes;
  private final List<Shape> shapes;
  private final ShapeInference.Inferred inferred;
  private final boolean[] exchanged;

  private PoolingOrder(Graph graph, ShapeInference.Inferred given) {
    this.original = graph;
    this.nodes = new ArrayList<>(graph.nodes());
    this.shapes = new ArrayList<>(given.shapes());
    this.inferred = new ShapeInference.Inferred(shapes, given.known());
    this.exchanged = new boolean[nodes.size()];
  }

  /** Returns the graph's own order. */
  static PoolingOrder asGiven(Graph graph, ShapeInference.Inferred inferred) {
    return new PoolingOrder(graph, inferred);
  }

  /** Returns the order of least work. */
  static PoolingOrder fastest(Graph graph, ShapeInference.Inferred inferred) {
    var order = new PoolingOrder(graph, inferred);
    var uses = new ValueUses(graph, n -> true);
    for (int n = 0; n < order.exchanged.length; n++) {
      int producer = uses.soleProducer(graph.nodes().get(n));
      if (producer >= 0 && !order.exchanged[producer]) {
        order.exchangeIfFaster(producer, n);
      }
    }
    return order;
  }

  private void exchangeIfFaster(int first, int second) {
    Node before = nodes.get(first);
    Node after = nodes.get(second);
    boolean poolFirst = before.op() instanceof AveragePool2D && isPointwise(after);
    boolean poolLast = after.op() instanceof AveragePool2D && isPointwise(before);
    if (!(poolFirst || poolLast)
        || activation(before) != Activation.NONE
        || !activation(after).isClamp()) {
      return;
    }
    int input = before.inputs().getFirst();
    int between = before.outputs().getFirst();
    int output = after.outputs().getFirst();
    if (!isStaticFloats(input) || !isStaticFloats(between) || !isStaticFloats(output)) {
      return;
    }
    Node pool = poolFirst ? before : after;
    Shape from = shapes.get(input);
    Shape to = shapes.get(output);
    if (cost(!poolFirst, pool, from, to) < cost(poolFirst, pool, from, to)) {
      nodes.set(
          first,
          withActivation(after, Activation.NONE).withInput(0, input).withOutputs(before.outputs()));
      nodes.set(
          second,
          withActivation(before, activation(after))
              .withInput(0, between)
              .withOutputs(after.outputs()));
      Shape pixels = poolFirst ? from : to;
      Shape channels = poolFirst ? to : from;
      shapes.set(between, Shape.of(pixels.dim(0), pixels.dim(1), pixels.dim(2), channels.dim(3)));
      exchanged[first] = true;
      exchanged[second] = true;
    }
  }

  /** Returns the cost of both nodes in multiply-adds. */
  private static double cost(boolean poolFirst, Node pool, Shape from, Shape to) {
    double convolved = poolFirst ? pixels(to) : pixels(from);
    double pooled = poolFirst ? from.dim(3) : to.dim(3);
    double window =
        pool.op() instanceof AveragePool2D op ? (double) op.filterHeight() * op.filterWidth() : 0;
    return convolved * from.dim(3) * to.dim(3) + pixels(to) * window * pooled * ELEMENT_COST;
  }

  private static double pixels(Shape image) {
    return (double) image.dim(0) * image.dim(1) * image.dim(2);
  }

  /** Returns whether a node is a 1x1 convolution of stride 1 with constant weights and bias. */
  private boolean isPointwise(Node node) {
    if (!(node.op() instanceof Conv2D conv)
        || conv.strideHeight() != 1
        || conv.strideWidth() != 1) {
      return false;
    }
    int filter = node.inputs().get(1);
    if (!node.inputs().stream().skip(1).allMatch(id -> id == Node.ABSENT || isConstant(id))) {
      return false;
    }
    Shape shape = shapes.get(filter);
    return original.value(filter).type() == TensorType.FLOAT32
        && shape.rank() == 4
        && shape.dim(1) == 1
        && shape.dim(2) == 1;
  }

  private boolean isConstant(int id) {
    return inferred.known().get(id) != null;
  }

  private boolean isStaticFloats(int id) {
    return original.value(id).type() == TensorType.FLOAT32 && shapes.get(id).isStatic();
  }

  private static Activation activation(Node node) {
    return switch (node.op()) {
      case AveragePool2D pool -> pool.activation();
      case Conv2D conv -> conv.activation();
      default -> Activation.NONE;
    };
  }

  private static Node withActivation(Node node, Activation activation) {
    return switch (node.op()) {
      case AveragePool2D pool -> node.withOp(pool.withActivation(activation));
      case Conv2D conv -> node.withOp(conv.withActivation(activation));
      default -> node;
    };
  }

  /** Returns the graph with nodes exchanged. */
  Graph graph() {
    return original.withNodes(nodes);
  }

  /** Returns the inferred shapes and contents of the graph's values. */
  ShapeInference.Inferred inferred() {
    return inferred;
  }

  /** Returns whether a node has been exchanged with another one. */
  boolean isExchanged(int node) {
    return exchanged[node];
  }
}
