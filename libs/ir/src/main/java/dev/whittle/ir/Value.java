package dev.whittle.ir;

import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Sparsity;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of a graph: an input, a constant, a variable, or what a node computes.
 *
 * @param id its place in {@link Graph#values()}; nodes refer to values by it
 * @param name a label for people; neither unique nor a key
 * @param shape the declared shape, with {@link Shape#DYNAMIC} where the extent is open
 * @param initialShape the static shape an interpreter starts with before anybody resizes
 * @param hasRank whether the file states that an empty shape is a scalar
 * @param isVariable whether the contents outlive an invocation
 * @param sparsity how {@code data} is laid out if it is sparse
 * @param data the contents if this is a constant
 * @param variants the element types of a variant tensor
 */
public record Value(
    int id,
    String name,
    TensorType type,
    Shape shape,
    Shape initialShape,
    boolean hasRank,
    boolean isVariable,
    @Nullable Quantization quantization,
    @Nullable Sparsity sparsity,
    @Nullable Constant data,
    List<Variant> variants) {

  /** Type and shape of what a variant tensor holds. */
  public record Variant(TensorType type, Shape shape, boolean hasRank) {}

  public Value {
    variants = List.copyOf(variants);
  }

  /** A value that is neither constant nor variable; dynamic extents start as 1. */
  public static Value of(int id, String name, TensorType type, Shape shape) {
    return new Value(
        id,
        name,
        type,
        shape,
        shape.withDynamicAs(1),
        shape.isRankKnown(),
        false,
        null,
        null,
        null,
        List.of());
  }

  public boolean isConstant() {
    return data != null;
  }

  /**
   * The contents of a constant, as they lie in the file; null if this is none, or is stored sparse.
   */
  public @Nullable Tensor contents() {
    return data == null || sparsity != null
        ? null
        : Tensor.of(type, initialShape, quantization, data);
  }

  public Value withId(int newId) {
    return new Value(
        newId,
        name,
        type,
        shape,
        initialShape,
        hasRank,
        isVariable,
        quantization,
        sparsity,
        data,
        variants);
  }

  public Value withName(String newName) {
    return new Value(
        id,
        newName,
        type,
        shape,
        initialShape,
        hasRank,
        isVariable,
        quantization,
        sparsity,
        data,
        variants);
  }

  public Value withType(TensorType newType) {
    return new Value(
        id,
        name,
        newType,
        shape,
        initialShape,
        hasRank,
        isVariable,
        quantization,
        sparsity,
        data,
        variants);
  }

  /** The same value with another declared shape; dynamic extents start as 1. */
  public Value withShape(Shape newShape) {
    return new Value(
        id,
        name,
        type,
        newShape,
        newShape.withDynamicAs(1),
        newShape.isRankKnown(),
        isVariable,
        quantization,
        sparsity,
        data,
        variants);
  }

  /** The same value as a sparse constant. */
  public Value withSparseData(Sparsity newSparsity, Constant stored) {
    return new Value(
        id,
        name,
        type,
        shape,
        initialShape,
        hasRank,
        isVariable,
        quantization,
        newSparsity,
        stored,
        variants);
  }

  public Value withQuantization(@Nullable Quantization newQuantization) {
    return new Value(
        id,
        name,
        type,
        shape,
        initialShape,
        hasRank,
        isVariable,
        newQuantization,
        sparsity,
        data,
        variants);
  }

  /** The same value with other contents, or none. */
  public Value withData(@Nullable Constant newData) {
    return new Value(
        id,
        name,
        type,
        shape,
        initialShape,
        hasRank,
        isVariable,
        quantization,
        sparsity,
        newData,
        variants);
  }

  public Value withVariable(boolean newIsVariable) {
    return new Value(
        id,
        name,
        type,
        shape,
        initialShape,
        hasRank,
        newIsVariable,
        quantization,
        sparsity,
        data,
        variants);
  }
}
