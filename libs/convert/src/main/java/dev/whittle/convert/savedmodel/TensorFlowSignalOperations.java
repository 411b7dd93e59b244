package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.FourierTransforms;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.signal.ComplexAbs;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.op.signal.Rfft2d;
import java.util.List;

/** Complex numbers and Fourier transforms. */
final class TensorFlowSignalOperations {
  private TensorFlowSignalOperations() {}

  static void register(TensorFlowOperations table) {
    table.single("ComplexAbs", call -> call.emit().node(new ComplexAbs(), call.x()));
    table.single("Real", call -> call.emit().node(new Real(), call.x()));
    table.single("Imag", call -> call.emit().node(new Imag(), call.x()));
    table.single("RFFT2D", call -> call.emit().node(new Rfft2d(), call.x(), call.narrow(1)));
    table.single("RFFT", TensorFlowSignalOperations::forward);
    table.single(
        "IRFFT", call -> FourierTransforms.inverse(call.emit(), call.x(), call.integer(1)));
  }

  private static Value forward(OperationCall call) {
    Emitter emit = call.emit();
    Value length = emit.concat(0, List.of(emit.ints(1), emit.reshape(call.narrow(1), 1)));
    return FourierTransforms.forward(emit, call.x(), length);
  }
}
