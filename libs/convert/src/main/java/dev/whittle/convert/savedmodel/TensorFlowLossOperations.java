package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.activation.LogSoftmax;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Losses, and gradients of activation functions. */
final class TensorFlowLossOperations {
  private TensorFlowLossOperations() {}

  static void register(TensorFlowOperations table) {
    table.single(
        "SigmoidGrad",
        call -> {
          Emitter emit = call.emit();
          Value y = call.x();
          return emit.mul(emit.mul(call.value(1), y), emit.sub(emit.scalar(1f), y));
        });
    table.single(
        "TanhGrad",
        call -> {
          Emitter emit = call.emit();
          Value square = emit.mul(call.x(), call.x());
          return emit.mul(call.value(1), emit.sub(emit.scalar(1f), square));
        });
    table.single(
        "SqrtGrad", call -> call.emit().div(call.emit().mul(call.value(1), 0.5), call.x()));
    table.single(
        "RsqrtGrad",
        call -> {
          Emitter emit = call.emit();
          Value y = call.x();
          return emit.mul(emit.mul(call.value(1), -0.5), emit.mul(y, emit.mul(y, y)));
        });
    table.single(
        "ReluGrad",
        call -> {
          Emitter emit = call.emit();
          Value isPositive = emit.node(new Greater(), call.value(1), emit.scalar(0f));
          return emit.where(isPositive, call.x(), emit.scalar(0f));
        });
    table.single(
        "L2Loss",
        call -> {
          Emitter emit = call.emit();
          Value flat = emit.reshape(call.x(), -1);
          return emit.mul(emit.sum(emit.mul(flat, flat), false, 0), 0.5);
        });
    table.put(
        "SoftmaxCrossEntropyWithLogits",
        call -> crossEntropy(call.emit(), call.x(), call.value(1)));
    table.put(
        "SparseSoftmaxCrossEntropyWithLogits",
        call -> {
          Emitter emit = call.emit();
          int classes = Emitter.dim(call.x(), 1);
          if (classes == Shape.DYNAMIC) {
            throw OperandException.unsupported("an unknown number of classes");
          }
          Value labels =
              emit.node(
                  new OneHot(-1),
                  emit.cast(call.value(1), TensorType.INT32),
                  emit.scalar(classes),
                  emit.scalar(1f),
                  emit.scalar(0f));
          return crossEntropy(emit, call.x(), labels);
        });
  }

  /** Returns the loss of each row, and its derivative by the logits. */
  private static List<Item> crossEntropy(Emitter emit, Value logits, Value labels) {
    Value likelihood = emit.mul(emit.node(new LogSoftmax(), logits), labels);
    Value loss = emit.mul(emit.sum(likelihood, false, -1), -1);
    Value derivative = emit.sub(emit.node(new Softmax(1), logits), labels);
    return List.of(Item.of(loss), Item.of(derivative));
  }
}
