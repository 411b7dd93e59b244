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
 * A tensor of a graph: an input, a constant, a variable, or a node's output.
 *
 * @param id the index in {@link Graph#values()}, by which nodes refer to the value
 * @param name a label for people; neither unique nor a key
 * @param type the element type
 * @param declaration the shape that the graph declares
 * @param isVariable whether the contents outlive an invocation
 * @param quantization the quantization parameters; null for none
 * @param storage the contents of a constant
 * @param variants the types and shapes of the elements of a variant tensor; empty for other types
 */
public record Value(
    int id,
    String name,
    TensorType type,
    Declaration declaration,
    boolean isVariable,
    @Nullable Quantization quantization,
    Storage storage,
    List<Variant> variants) {

  /**
   * The declared shape of a value.
   *
   * @param shape the shape, with {@link Shape#DYNAMIC} for dimensions that are not known
   * @param initialShape the static shape that an interpreter starts with, before inputs are resized
   * @param hasRank whether the file states that an empty shape is a scalar and not an unknown shape
   */
  public record Declaration(Shape shape, Shape initialShape, boolean hasRank) {
    /** Returns the declaration of a shape whose dynamic dimensions are 1 at first. */
    public static Declaration of(Shape shape) {
      return new Declaration(shape, shape.withDynamicAs(1), shape.isRankKnown());
    }
  }

  /**
   * The stored contents of a value.
   *
   * @param data the bytes; null if the value is not a constant
   * @param sparsity the layout of {@code data} if it is sparse; null if it is dense
   */
  public record Storage(@Nullable Constant data, @Nullable Sparsity sparsity) {
    /** The storage of a value that is not a constant. */
    public static final Storage NONE = new Storage(null, null);
  }

  /**
   * The type and shape of an element of a variant tensor.
   *
   * @param type the element type
   * @param shape the shape, which may be dynamic
   * @param hasRank whether the file states that an empty shape is a scalar and not an unknown shape
   */
  public record Variant(TensorType type, Shape shape, boolean hasRank) {}

  public Value {
    variants = List.copyOf(variants);
  }

  /** Returns a value that is neither constant nor variable. Dynamic dimensions are 1 at first. */
  public static Value of(int id, String name, TensorType type, Shape shape) {
    return new Value(id, name, type, Declaration.of(shape), false, null, Storage.NONE, List.of());
  }

  /** Returns the declared shape, with {@link Shape#DYNAMIC} for dimensions that are not known. */
  public Shape shape() {
    return declaration.shape();
  }

  /** Returns the static shape that an interpreter starts with, before inputs are resized. */
  public Shape initialShape() {
    return declaration.initialShape();
  }

  /** Returns whether the file states that an empty shape is a scalar and not an unknown shape. */
  public boolean hasRank() {
    return declaration.hasRank();
  }

  /** Returns the bytes of a constant, dense or sparse; null if the value is not a constant. */
  public @Nullable Constant data() {
    return storage.data();
  }

  /** Returns the layout of a sparse constant; null if the value is not one. */
  public @Nullable Sparsity sparsity() {
    return storage.sparsity();
  }

  public boolean isConstant() {
    return data() != null;
  }

  /**
   * Returns the contents of a dense constant as a view of its bytes; null if the value is not a
   * constant or is sparse.
   */
  public @Nullable Tensor contents() {
    Constant data = data();
    return data == null || sparsity() != null
        ? null
        : Tensor.of(type, initialShape(), quantization, data);
  }

  public Value withId(int newId) {
    return new Value(newId, name, type, declaration, isVariable, quantization, storage, variants);
  }

  public Value withName(String newName) {
    return new Value(id, newName, type, declaration, isVariable, quantization, storage, variants);
  }

  public Value withType(TensorType newType) {
    return new Value(id, name, newType, declaration, isVariable, quantization, storage, variants);
  }

  /** Returns this value with another declared shape, whose dynamic dimensions are 1 at first. */
  public Value withShape(Shape newShape) {
    return new Value(
        id, name, type, Declaration.of(newShape), isVariable, quantization, storage, variants);
  }

  public Value withQuantization(@Nullable Quantization newQuantization) {
    return new Value(id, name, type, declaration, isVariable, newQuantization, storage, variants);
  }

  /**
   * Returns this value with other contents.
   *
   * @param newData the bytes in the present layout, dense or sparse; null for a value that is not a
   *     constant
   */
  public Value withData(@Nullable Constant newData) {
    return withStorage(new Storage(newData, sparsity()));
  }

  /**
   * Returns this value as a sparse constant.
   *
   * @param newSparsity the layout
   * @param stored the bytes of the stored elements
   */
  public Value withSparseData(Sparsity newSparsity, Constant stored) {
    return withStorage(new Storage(stored, newSparsity));
  }

  private Value withStorage(Storage newStorage) {
    return new Value(id, name, type, declaration, isVariable, quantization, newStorage, variants);
  }

  public Value withVariable(boolean newIsVariable) {
    return new Value(id, name, type, declaration, newIsVariable, quantization, storage, variants);
  }
}
