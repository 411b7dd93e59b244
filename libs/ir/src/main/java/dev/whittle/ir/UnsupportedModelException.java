package dev.whittle.ir;

import java.util.List;
import java.util.stream.Collectors;

/** A valid model that needs something Whittle does not have. Lists everything missing at once. */
public final class UnsupportedModelException extends ModelException {
  private static final long serialVersionUID = 1L;

  private final transient List<Item> items;

  /**
   * One thing that is missing.
   *
   * @param where the node, layer or file part that needs it
   * @param reason what was found
   * @param remedy what the user can do
   */
  public record Item(String where, String reason, String remedy) {
    @Override
    public String toString() {
      return where + ": " + reason + (remedy.isEmpty() ? "" : "; " + remedy);
    }
  }

  public UnsupportedModelException(List<Item> items) {
    super(describe(items), null);
    this.items = List.copyOf(items);
  }

  public UnsupportedModelException(String where, String reason, String remedy) {
    this(List.of(new Item(where, reason, remedy)));
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
