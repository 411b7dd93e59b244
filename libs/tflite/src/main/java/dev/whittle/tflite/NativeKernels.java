package dev.whittle.tflite;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The types and ranks that the built-in kernels of TensorFlow Lite {@value #VERSION} take. The
 * resource {@code native-kernels.txt} has the kernels' own answers; its head explains the form.
 */
public final class NativeKernels {
  /** The release whose kernels were asked. */
  public static final String VERSION = "2.21";

  private static final String RESOURCE = "native-kernels.txt";
  private static final Pattern BARS = Pattern.compile("\\|");
  private static final int MAX_RANK = 255;
  private static final String REPEATED = "...";
  private static final String ANY = " any ; ";

  /** Broadcasts of smaller ranks are not in the table, and all kernels take them. */
  private static final int LEAST_BROADCAST_RANK = 2;

  /** Types that have a quantized form of their own in the table. */
  private static final Set<TensorType> QUANTIZABLE =
      Set.of(TensorType.INT2, TensorType.INT4, TensorType.INT8, TensorType.UINT8, TensorType.INT16);

  private static final NativeKernels INSTANCE = new NativeKernels(OptionTable.lines(RESOURCE));

  /** The lines of each operator, which are parsed when it is first asked for. */
  private final Map<String, List<String>> lines = new LinkedHashMap<>();

  private final Map<String, List<Signature>> parsed = new ConcurrentHashMap<>();
  private final Map<String, String> notAsked = new HashMap<>();

  private NativeKernels(List<String> table) {
    for (String line : table) {
      int end = line.indexOf(' ');
      String operator = line.substring(0, end);
      if (line.startsWith(ANY, end)) {
        notAsked.put(operator, line.substring(end + ANY.length()));
      } else {
        lines.computeIfAbsent(operator, name -> new ArrayList<>()).add(line);
      }
    }
  }

  private List<Signature> signatures(String operator) {
    return parsed.computeIfAbsent(
        operator,
        name ->
            lines.getOrDefault(name, List.of()).stream()
                .map(line -> signature(line.split(" ; ", -1)))
                .toList());
  }

  /** Returns the table of {@value #VERSION}. */
  public static NativeKernels get() {
    return INSTANCE;
  }

  /** Returns the operators whose kernels were asked, in alphabetical order. */
  public Set<String> operators() {
    return new TreeSet<>(lines.keySet());
  }

  /** Returns the operators whose kernels take any types as far as the table says, with reasons. */
  public Map<String, String> operatorsNotAsked() {
    return Map.copyOf(notAsked);
  }

  /**
   * Returns every combination of types that the kernel of an operator takes. An operand that may be
   * repeated is contained once.
   *
   * @return forms of inputs and outputs; empty for operators that were not asked
   */
  public List<Combination> combinations(String operator) {
    return signatures(operator).stream().flatMap(Signature::combinations).distinct().toList();
  }

  /**
   * Returns the reason why the native runtime cannot run a node.
   *
   * @param operator the name in the schema
   * @param operands whose shapes may be unknown or dynamic; an unknown rank is no reason
   * @return what the kernel takes instead, for people; empty if the node runs
   */
  public Optional<String> refusal(String operator, Operands operands) {
    if (notAsked.containsKey(operator)) {
      return Optional.empty();
    }
    List<Signature> all = signatures(operator);
    if (all.isEmpty()) {
      return Optional.of("TensorFlow Lite " + VERSION + " has no kernel of " + operator);
    }
    List<String> inputs = inputForms(operands);
    List<String> outputs = outputForms(operands);
    List<Signature> fitting = matching(all, inputs, outputs);
    if (fitting.isEmpty() && isMixed(inputs, outputs)) {
      List<Signature> plain = matching(all, plain(inputs), plain(outputs));
      List<Signature> quantized = matching(all, starred(inputs), starred(outputs));
      fitting = plain.isEmpty() ? List.of() : quantized;
    }
    if (fitting.isEmpty()) {
      return Optional.of(typesReason(operator, all, inputs, outputs));
    }
    return rankReason(operator, fitting, operands);
  }

  private static List<Signature> matching(
      List<Signature> all, List<String> inputs, List<String> outputs) {
    return all.stream().filter(s -> s.takes(inputs, outputs)).toList();
  }

  private static String typesReason(
      String operator, List<Signature> all, List<String> inputs, List<String> outputs) {
    Set<String> near = new LinkedHashSet<>();
    for (Signature signature : all) {
      signature
          .combinations()
          .filter(c -> distance(c, inputs, outputs) == 1)
          .limit(3)
          .forEach(c -> near.add(c.toString()));
    }
    String found = new Combination(inputs, outputs).toString();
    String expected =
        near.isEmpty()
            ? all.stream()
                .flatMap(Signature::combinations)
                .map(Combination::toString)
                .distinct()
                .limit(6)
                .collect(Collectors.joining("; "))
            : near.stream().limit(6).collect(Collectors.joining("; "));
    return "TensorFlow Lite %s has no kernel of %s for %s; it has, among others, %s"
        .formatted(VERSION, operator, found, expected);
  }

  private static int distance(Combination c, List<String> inputs, List<String> outputs) {
    if (c.inputs().size() != inputs.size() || c.outputs().size() != outputs.size()) {
      return Integer.MAX_VALUE;
    }
    int different = 0;
    for (int i = 0; i < inputs.size(); i++) {
      different += c.inputs().get(i).equals(inputs.get(i)) ? 0 : 1;
    }
    for (int i = 0; i < outputs.size(); i++) {
      different += c.outputs().get(i).equals(outputs.get(i)) ? 0 : 1;
    }
    return different;
  }

  private static Optional<String> rankReason(
      String operator, List<Signature> fitting, Operands operands) {
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < operands.inputCount(); i++) {
      if (operands.hasInput(i)) {
        shapes.add(operands.shape(i));
      }
    }
    boolean broadcast =
        shapes.stream().allMatch(Shape::isRankKnown) && shapes.stream().distinct().count() > 1;
    for (int i = 0; i < operands.outputCount(); i++) {
      shapes.add(operands.output(i).shape());
    }
    int rank = shapes.stream().filter(Shape::isRankKnown).mapToInt(Shape::rank).max().orElse(-1);
    if (rank < 0 || fitting.stream().anyMatch(s -> s.takesRank(rank, broadcast))) {
      return Optional.empty();
    }
    Signature first = fitting.getFirst();
    BitSet ranks = broadcast && first.broadcast != null ? first.broadcast : first.ranks;
    return Optional.of(
        "%s of TensorFlow Lite %s takes rank %s%s, not %d"
            .formatted(
                operator,
                VERSION,
                ranks.stream().mapToObj(String::valueOf).collect(Collectors.joining(", ")),
                broadcast && first.broadcast != null ? " if it broadcasts" : "",
                rank));
  }

  private static List<String> inputForms(Operands operands) {
    List<String> forms = new ArrayList<>();
    for (int i = 0; i < operands.inputCount(); i++) {
      forms.add(operands.hasInput(i) ? form(operands.input(i)) : "-");
    }
    while (!forms.isEmpty() && forms.getLast().equals("-")) {
      forms.removeLast();
    }
    return forms;
  }

  private static List<String> outputForms(Operands operands) {
    List<String> forms = new ArrayList<>();
    for (int i = 0; i < operands.outputCount(); i++) {
      forms.add(form(operands.output(i)));
    }
    return forms;
  }

  private static String form(Operand operand) {
    String name = operand.type().name().toLowerCase(Locale.ROOT);
    // Integers of less than a byte are quantized, by blocks if not by a scale of their own.
    boolean quantized = operand.isQuantized() || operand.type().bits() < Byte.SIZE;
    return quantized && QUANTIZABLE.contains(operand.type()) ? name + "*" : name;
  }

  /** Returns whether some operands of a type are quantized and others are not. */
  private static boolean isMixed(List<String> inputs, List<String> outputs) {
    Set<String> all = Stream.concat(inputs.stream(), outputs.stream()).collect(Collectors.toSet());
    return all.stream().anyMatch(form -> all.contains(form + "*"));
  }

  private static List<String> plain(List<String> forms) {
    return forms.stream().map(form -> form.replace("*", "")).toList();
  }

  private static List<String> starred(List<String> forms) {
    return forms.stream()
        .map(f -> QUANTIZABLE.stream().anyMatch(t -> t.name().equalsIgnoreCase(f)) ? f + "*" : f)
        .toList();
  }

  private static Signature signature(String[] parts) {
    String[] sides = parts[0].substring(parts[0].indexOf(' ') + 1).split(" -> ", -1);
    @Nullable BitSet broadcast = null;
    BitSet ranks = new BitSet();
    for (int i = 1; i < parts.length; i++) {
      String[] words = parts[i].split(" ", -1);
      if (words[0].equals("rank")) {
        ranks = ranks(words[1]);
      } else {
        broadcast = ranks(words[1]);
      }
    }
    return new Signature(slots(sides[0]), slots(sides[1]), ranks, broadcast);
  }

  private static BitSet ranks(String text) {
    var ranks = new BitSet();
    if (text.equals("none")) {
      return ranks;
    }
    if (text.equals("any")) {
      ranks.set(0, MAX_RANK + 1);
      return ranks;
    }
    for (String range : text.split(",", -1)) {
      String[] ends = range.split("-", -1);
      ranks.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
    }
    return ranks;
  }

  private static List<Slot> slots(String text) {
    List<Slot> slots = new ArrayList<>();
    for (String word : text.split(" ", -1)) {
      boolean repeated = word.endsWith(REPEATED);
      String types = repeated ? word.substring(0, word.length() - REPEATED.length()) : word;
      slots.add(new Slot(List.of(BARS.split(types, -1)), repeated));
    }
    return slots;
  }

  /**
   * Types of the operands of a node.
   *
   * @param inputs the types in lower case, with an asterisk if quantized; - if left out
   */
  public record Combination(List<String> inputs, List<String> outputs) {
    @Override
    public String toString() {
      return String.join(" \u00d7 ", inputs) + " \u2192 " + String.join(", ", outputs);
    }
  }

  private record Slot(List<String> types, boolean repeated) {}

  /** One line of the table; {@code broadcast} is null if the operator does not broadcast. */
  private static final class Signature {
    private final List<Slot> inputs;
    private final List<Slot> outputs;
    private final BitSet ranks;
    private final @Nullable BitSet broadcast;

    Signature(List<Slot> inputs, List<Slot> outputs, BitSet ranks, @Nullable BitSet broadcast) {
      this.inputs = inputs;
      this.outputs = outputs;
      this.ranks = ranks;
      this.broadcast = broadcast;
    }

    boolean takesRank(int rank, boolean stretched) {
      return (stretched && broadcast != null)
          ? rank < LEAST_BROADCAST_RANK || broadcast.get(rank)
          : ranks.get(rank);
    }

    boolean takes(List<String> inputForms, List<String> outputForms) {
      List<Slot> in = stretch(inputs, inputForms.size());
      List<Slot> out = stretch(outputs, outputForms.size());
      if (in.size() != inputForms.size() || out.size() != outputForms.size()) {
        return false;
      }
      for (int i = 0; i < inputForms.size(); i++) {
        if (!contains(in.get(i), inputForms.get(i), inputForms)) {
          return false;
        }
      }
      for (int i = 0; i < outputForms.size(); i++) {
        if (!contains(out.get(i), outputForms.get(i), inputForms)) {
          return false;
        }
      }
      return true;
    }

    private static boolean contains(Slot slot, String form, List<String> inputForms) {
      return slot.types().stream()
          .map(t -> t.startsWith("=") ? inputForms.get(Integer.parseInt(t.substring(1))) : t)
          .anyMatch(form::equals);
    }

    /** Returns the slots with the repeated one, if any, as often as makes {@code count}. */
    private static List<Slot> stretch(List<Slot> slots, int count) {
      Slot last = slots.getLast();
      if (!last.repeated()) {
        return slots;
      }
      List<Slot> stretched = new ArrayList<>(slots.subList(0, slots.size() - 1));
      while (stretched.size() < count) {
        stretched.add(last);
      }
      return stretched;
    }

    Stream<Combination> combinations() {
      List<List<String>> all = List.of(List.of());
      for (Slot slot : Stream.concat(inputs.stream(), outputs.stream()).toList()) {
        all =
            all.stream()
                .flatMap(forms -> slot.types().stream().map(type -> append(forms, type)))
                .toList();
      }
      int count = inputs.size();
      return all.stream()
          .map(Signature::resolved)
          .map(f -> new Combination(f.subList(0, count), f.subList(count, f.size())));
    }

    private static List<String> append(List<String> forms, String form) {
      List<String> longer = new ArrayList<>(forms);
      longer.add(form);
      return longer;
    }

    private static List<String> resolved(List<String> forms) {
      return forms.stream()
          .map(f -> f.startsWith("=") ? forms.get(Integer.parseInt(f.substring(1))) : f)
          .toList();
    }
  }
}
