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
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A reader of the contents that initialization operations put into lookup tables. */
final class TableReader {
  private static final Set<String> IMPORTS =
      Set.of(
          "LookupTableImportV2",
          "LookupTableImport",
          "InitializeTableV2",
          "InitializeTable",
          "InitializeTableFromTextFileV2",
          "InitializeTableFromTextFile");

  private static final String TEXT_FILE = "InitializeTableFromTextFile";
  private static final long MAX_ASSET = 256L << 20;
  private static final int WHOLE_LINE = -2;
  private static final int LINE_NUMBER = -1;

  private final SavedModelImporter importer;
  private final Map<String, HashTables.Contents> tables;
  private final Emitter scratch = Emitter.ofModelEvaluatingConstants();

  /**
   * @param tables receives contents by the operation that creates the table
   */
  TableReader(SavedModelImporter importer, Map<String, HashTables.Contents> tables) {
    this.importer = importer;
    this.tables = tables;
  }

  void run() {
    TfFunction main = importer.file().main();
    read(outermost(main), main);
    for (TfNode node : main.nodes().values()) {
      TfFunction called =
          node.op().contains("PartitionedCall")
              ? importer.file().function(node.function("f"))
              : null;
      if (called != null
          && called.nodes().values().stream().anyMatch(n -> IMPORTS.contains(n.op()))
          && !TfNode.nameOf(importer.file().restore()).equals(node.name())) {
        FunctionWalk outer = outermost(main);
        read(outer.enter(called, outer.run(node.dataInputs())), called);
      }
    }
  }

  /**
   * Returns a traversal of the outermost graph in which the paths of files beside the model, and
   * the variables that hold them, are the names of these files.
   */
  private FunctionWalk outermost(TfFunction main) {
    var walk = new FunctionWalk(importer, main, scratch, 0);
    Map<String, String> assets = importer.file().assets();
    assets.forEach((placeholder, name) -> walk.give(placeholder, path(name)));
    for (TfNode node : main.nodes().values()) {
      if (node.op().equals("AssignVariableOp") && node.inputs().size() >= 2) {
        String name = assets.get(TfNode.nameOf(node.input(1)));
        if (name != null) {
          walk.give(TfNode.nameOf(node.input(0)), path(name));
        }
      }
    }
    return walk;
  }

  private Item path(String name) {
    Tensor text = Tensor.allocate(TensorType.STRING, 0);
    text.setStrings(List.of(name.getBytes(StandardCharsets.UTF_8)));
    return Item.of(scratch.constant("asset", text));
  }

  private void read(FunctionWalk walk, TfFunction function) {
    for (TfNode node : function.nodes().values()) {
      if (IMPORTS.contains(node.op())) {
        List<Item> operands = walk.run(node.dataInputs());
        if (operands.size() < 2 || operands.size() > 3) {
          throw OperandException.invalid("a lookup table filled from %d inputs", operands.size());
        }
        if (operands.getFirst() instanceof Item.Table table && !isRestored(operands)) {
          tables.put(
              table.handle(),
              node.op().startsWith(TEXT_FILE)
                  ? lines(table, node, operands.get(1))
                  : new HashTables.Contents(contents(operands.get(1)), contents(operands.get(2))));
        }
      }
    }
  }

  /** Returns whether the contents come from the checkpoint, where the importer finds them. */
  private static boolean isRestored(List<Item> operands) {
    return operands.stream().anyMatch(Item.Restored.class::isInstance);
  }

  private static Tensor contents(Item item) {
    Tensor contents = item instanceof Item.Tensor tensor ? tensor.value().contents() : null;
    if (contents == null) {
      throw OperandException.unsupported("a lookup table with computed contents");
    }
    return contents;
  }

  /**
   * Returns the table of a text file beside the model: of each line the whole, its number, or a
   * column, as keys and as values.
   */
  private HashTables.Contents lines(Item.Table table, TfNode node, Item file) {
    Tensor names = contents(file);
    if (names.type() != TensorType.STRING || names.elements() != 1) {
      throw OperandException.invalid("a lookup table of %d files", names.elements());
    }
    List<byte[]> lines =
        readLines(asset(new String(names.strings().getFirst(), StandardCharsets.UTF_8)));
    long size = node.integer("vocab_size", -1);
    if (size > lines.size()) {
      throw OperandException.invalid("%d lines of a file; expected %d", lines.size(), size);
    }
    List<byte[]> used = size < 0 ? lines : lines.subList(0, (int) size);
    long key = node.integer("key_index", WHOLE_LINE);
    long value = node.integer("value_index", LINE_NUMBER);
    return new HashTables.Contents(
        column(node, used, key, table.keyType()), column(node, used, value, table.valueType()));
  }

  /**
   * Returns one column of all lines.
   *
   * @param index the number of the column, or one of the negative numbers above
   */
  private static Tensor column(TfNode node, List<byte[]> lines, long index, TensorType type) {
    if (index == LINE_NUMBER) {
      if (type != TensorType.INT64) {
        throw OperandException.invalid("numbers of lines as %s; expected INT64", type);
      }
      long offset = node.integer("offset", 0);
      Tensor numbers = Tensor.allocate(TensorType.INT64, lines.size());
      for (int i = 0; i < lines.size(); i++) {
        numbers.setLong(i, Math.addExact(offset, i));
      }
      return numbers;
    }
    String delimiter = node.text("delimiter", "\t");
    List<String> cells = new ArrayList<>();
    for (byte[] line : lines) {
      // One character for each byte, so that all bytes survive.
      String text = new String(line, StandardCharsets.ISO_8859_1);
      if (index == WHOLE_LINE) {
        cells.add(text);
        continue;
      }
      String[] columns = text.split(Pattern.quote(delimiter), -1);
      if (index < 0 || index >= columns.length) {
        throw OperandException.invalid(
            "column %d of a line with %d columns", index, columns.length);
      }
      cells.add(columns[(int) index]);
    }
    return parsed(cells, type);
  }

  private static Tensor parsed(List<String> cells, TensorType type) {
    if (type == TensorType.STRING) {
      List<byte[]> bytes =
          cells.stream().map(cell -> cell.getBytes(StandardCharsets.ISO_8859_1)).toList();
      Tensor texts = Tensor.allocate(TensorType.STRING, 0);
      texts.setStrings(bytes, bytes.size());
      return texts;
    }
    Tensor numbers = Tensor.allocate(type, cells.size());
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i).strip();
      try {
        if (type.isInteger()) {
          numbers.setInteger(i, Long.parseLong(cell));
        } else if (type == TensorType.FLOAT32) {
          numbers.setFloat(i, Float.parseFloat(cell));
        } else {
          throw OperandException.unsupported("a column of a file as %s", type);
        }
      } catch (NumberFormatException e) {
        throw OperandException.invalid("'%s' in a file of a lookup table as %s", cell, type);
      }
    }
    return numbers;
  }

  /** Returns the path of a file beside the model, which must lie in the folder of assets. */
  private Path asset(String stated) {
    Path assets = importer.file().folder().resolve("assets");
    boolean isListed = importer.file().assets().containsValue(stated);
    try {
      Path name = Path.of(stated);
      // TensorFlow 1 states the path of the machine that saved the model.
      Path found = isListed ? name : name.getFileName();
      Path asset = assets.resolve(found == null ? name : found).normalize();
      if (found == null || !asset.startsWith(assets.normalize())) {
        throw new MalformedModelException(
            "the file '"
                + stated
                + "' of a lookup table lies outside the model's folder of assets");
      }
      return asset;
    } catch (InvalidPathException e) {
      throw new MalformedModelException("the file '" + stated + "' of a lookup table", e);
    }
  }

  /** Returns the lines of a file, without a carriage return at their end, as TensorFlow does. */
  private static List<byte[]> readLines(Path file) {
    byte[] bytes;
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_ASSET) {
        throw new MalformedModelException(file + ": is missing, or too large");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    while (start < bytes.length) {
      int end = start;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      int last = end > start && bytes[end - 1] == '\r' ? end - 1 : end;
      lines.add(Arrays.copyOfRange(bytes, start, last));
      start = end + 1;
    }
    return lines;
  }
}
