package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.Model;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The packed matrices of one model, which all its interpreters share. Thread-safe. */
public final class PackedWeights {
  private static final List<Shared> SHARED = new ArrayList<>();

  private final Map<Key, PackedMatrix> matrices = new ConcurrentHashMap<>();

  private final Map<ValueKey, List<Tensor>> computed = new ConcurrentHashMap<>();

  private record ValueKey(int graph, int value) {}

  private record Shared(WeakReference<Model> model, PackedWeights weights) {}

  /**
   * The identity of a packed matrix. Memory segments are equal if they have the same address and
   * size.
   *
   * @param subConvolution the selected weights; null for all
   */
  private record Key(
      List<@Nullable MemorySegment> contents,
      SubConvolution.@Nullable Weights subConvolution,
      PackedMatrix.Cut cut,
      int lanes) {}

  private static @Nullable MemorySegment contents(@Nullable Tensor known) {
    return known == null ? null : known.data();
  }

  /** Returns the matrices of a model, for as long as it is in use. */
  @SuppressWarnings("ReferenceEquality") // Equal models may have other bytes.
  public static PackedWeights of(Model model) {
    synchronized (SHARED) {
      SHARED.removeIf(shared -> shared.model.get() == null);
      for (Shared shared : SHARED) {
        if (shared.model.get() == model) {
          return shared.weights;
        }
      }
      var weights = new PackedWeights();
      SHARED.add(new Shared(new WeakReference<>(model), weights));
      return weights;
    }
  }

  /** Returns a cut of a sub-convolution's weights, which is packed if no session has done so. */
  public PackedMatrix matrix(
      WeightedLayer layer,
      SubConvolution subConvolution,
      PackedMatrix.Cut cut,
      int lanes,
      Supplier<PackedMatrix> pack) {
    List<@Nullable MemorySegment> contents = new ArrayList<>();
    contents.add(contents(layer.filterOperand().known()));
    contents.add(contents(layer.knownBias()));
    var key = new Key(contents, subConvolution.weights(), cut, lanes);
    return matrices.computeIfAbsent(key, k -> pack.get());
  }

  /** Returns a matrix of some constants, which is packed if no session has done so. */
  public PackedMatrix matrix(
      List<@Nullable Tensor> constants,
      PackedMatrix.Cut cut,
      int lanes,
      Supplier<PackedMatrix> pack) {
    List<@Nullable MemorySegment> contents = new ArrayList<>();
    for (Tensor constant : constants) {
      contents.add(contents(constant));
    }
    return matrices.computeIfAbsent(new Key(contents, null, cut, lanes), k -> pack.get());
  }

  /** Returns the value of a graph that has been computed from the model's constants. */
  public List<Tensor> constants(int graph, int value, Supplier<List<Tensor>> compute) {
    return computed.computeIfAbsent(new ValueKey(graph, value), k -> List.copyOf(compute.get()));
  }

  /** Returns the bytes of the packed matrices. */
  public long byteSize() {
    return matrices.values().stream()
        .mapToLong(m -> 4L * (m.packed().length + m.bias().length))
        .sum();
  }
}
