package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.HashTables;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A reader of the contents that initialization operations put into lookup tables. */
final class TableReader {
  private static final Set<String> IMPORTS =
      Set.of("LookupTableImportV2", "InitializeTableV2", "InitializeTableFromTextFileV2");

  private static final long MAX_ASSET = 256L << 20;
  private static final int WHOLE_LINE = -2;
  private static final int LINE_NUMBER = -1;

  private final SavedModelImporter importer;
  private final Map<String, HashTables.Contents> tables;
  private final Emitter scratch = Emitter.ofModel();

  /**
   * @param tables receives contents by the operation that creates the table
   */
  TableReader(SavedModelImporter importer, Map<String, HashTables.Contents> tables) {
    this.importer = importer;
    this.tables = tables;
  }

  void run() {
    TfFunction main = importer.file().main();
    read(new FunctionWalk(importer, main, scratch, 0), main);
    for (TfNode node : main.nodes().values()) {
      TfFunction called =
          node.op().contains("PartitionedCall")
              ? importer.file().function(node.function("f"))
              : null;
      if (called != null
          && called.nodes().values().stream().anyMatch(n -> IMPORTS.contains(n.op()))) {
        var outer = new FunctionWalk(importer, main, scratch, 0);
        read(outer.enter(called, outer.run(node.dataInputs())), called);
      }
    }
  }

  private void read(FunctionWalk walk, TfFunction function) {
    for (TfNode node : function.nodes().values()) {
      if (IMPORTS.contains(node.op())) {
        List<Item> operands = walk.run(node.dataInputs());
        if (operands.size() < 2 || operands.size() > 3) {
          throw OperandException.invalid("a lookup table filled from %d inputs", operands.size());
        }
        if (operands.getFirst() instanceof Item.Table table) {
          tables.put(
              table.handle(),
              operands.size() == 2
                  ? lines(node, operands.get(1))
                  : new HashTables.Contents(contents(operands.get(1)), contents(operands.get(2))));
        }
      }
    }
  }

  private static Tensor contents(Item item) {
    Tensor contents = item instanceof Item.Tensor tensor ? tensor.value().contents() : null;
    if (contents == null) {
      throw OperandException.unsupported("a lookup table with computed contents");
    }
    return contents;
  }

  /** Returns the table of a text file beside the model: its lines and their numbers. */
  private HashTables.Contents lines(TfNode node, Item file) {
    Tensor names = contents(file);
    if (names.type() != TensorType.STRING || names.elements() != 1) {
      throw OperandException.invalid("a lookup table of %d files", names.elements());
    }
    String stated = new String(names.strings().getFirst(), StandardCharsets.UTF_8);
    // Only files in the model's folder are read, whatever folder the name states.
    Path name = Path.of(stated).getFileName();
    Path asset = importer.file().folder().resolve("assets").resolve(String.valueOf(name));
    long key = node.integer("key_index", WHOLE_LINE);
    long value = node.integer("value_index", LINE_NUMBER);
    boolean forward = key == WHOLE_LINE && value == LINE_NUMBER;
    if (!forward && !(key == LINE_NUMBER && value == WHOLE_LINE)) {
      throw OperandException.unsupported("a lookup table of columns of a file");
    }
    List<byte[]> lines = new ArrayList<>();
    try {
      if (!Files.isRegularFile(asset) || Files.size(asset) > MAX_ASSET) {
        throw new MalformedModelException(asset + ": is missing, or too large");
      }
      for (String line : Files.readAllLines(asset, StandardCharsets.UTF_8)) {
        lines.add(line.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Tensor texts = Tensor.allocate(TensorType.STRING, 0);
    texts.setStrings(lines, lines.size());
    Tensor numbers = Tensor.allocate(TensorType.INT64, lines.size());
    for (int i = 0; i < lines.size(); i++) {
      numbers.setLong(i, i);
    }
    return forward
        ? new HashTables.Contents(texts, numbers)
        : new HashTables.Contents(numbers, texts);
  }
}
