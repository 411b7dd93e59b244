package dev.whittle.ir;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A valid model with features that Whittle does not support. It lists all of them. */
public final class UnsupportedModelException extends ModelException {
  private static final long serialVersionUID = 1L;

  private final transient List<Item> items;

  /**
   * A feature that is not supported.
   *
   * @param where the node, layer or part of the file that has the feature
   * @param reason the feature
   * @param remedy the user's options; empty for none
   */
  public record Item(String where, String reason, String remedy) {
    @Override
    public String toString() {
      return where + ": " + reason + (remedy.isEmpty() ? "" : "; " + remedy);
    }
  }

  public UnsupportedModelException(List<Item> items) {
    this(items, null);
  }

  public UnsupportedModelException(String where, String reason, String remedy) {
    this(where, reason, remedy, null);
  }

  public UnsupportedModelException(
      String where, String reason, String remedy, @Nullable Throwable cause) {
    this(List.of(new Item(where, reason, remedy)), cause);
  }

  private UnsupportedModelException(List<Item> items, @Nullable Throwable cause) {
    super(describe(items), cause);
    this.items = List.copyOf(items);
  }

  public List<Item> items() {
    return items;
  }

  private static String describe(List<Item> items) {
    if (items.size() == 1) {
      return items.getFirst().toString();
    }
    return items.stream()
        .map(i -> "  " + i)
        .collect(Collectors.joining("\n", items.size() + " unsupported items:\n", ""));
  }
}
