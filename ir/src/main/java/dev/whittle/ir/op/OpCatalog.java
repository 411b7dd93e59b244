package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** All built-in operators that Whittle implements: one line each. */
public final class OpCatalog {
  private static final List<OpType<?>> TYPES =
      List.of(
          Abs.TYPE, //
          Add.TYPE,
          FullyConnected.TYPE,
          Reshape.TYPE);

  private static final Map<Integer, OpType<?>> BY_CODE = new TreeMap<>();

  static {
    for (OpType<?> type : TYPES) {
      if (BY_CODE.put(type.code(), type) != null) {
        throw new IllegalStateException("operator code " + type.code() + " is listed twice");
      }
    }
  }

  private OpCatalog() {}

  /** Every operator, in the order of their numbers. */
  public static Collection<OpType<?>> types() {
    return List.copyOf(BY_CODE.values());
  }

  /** The operator with that built-in number, or empty where it is not implemented. */
  public static Optional<OpType<?>> ofCode(int code) {
    return Optional.ofNullable(BY_CODE.get(code));
  }

  /** The operator with that built-in number and those attributes; opaque if not implemented. */
  public static Op decode(int code, String name, Options options) {
    OpType<?> type = BY_CODE.get(code);
    return type == null ? new OpaqueOp(name, code, options) : type.decode().apply(options);
  }
}
