package dev.whittle.convert.savedmodel;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import dev.whittle.convert.TfLiteConverter;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.tensor.OperandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class OperationAttributesTest {
  private static final TensorFlowOperations TABLE = TensorFlowOperations.TABLE;

  @TempDir private Path folder = Path.of("");

  private static UnknownFieldSet message(Map<Integer, Field> fields) {
    var message = UnknownFieldSet.newBuilder();
    fields.forEach(message::addField);
    return message.build();
  }

  private static Field of(UnknownFieldSet message) {
    return Field.newBuilder().addLengthDelimited(message.toByteString()).build();
  }

  private static Field of(String text) {
    return Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8(text)).build();
  }

  private static Field of(long number) {
    return Field.newBuilder().addVarint(number).build();
  }

  private static Proto value(int field, Field value) {
    return Proto.parse(message(Map.of(field, value)).toByteString(), "test");
  }

  private static TfNode node(String operation, String attribute, Proto value) {
    return new TfNode("node", operation, List.of(), Map.of(attribute, value));
  }

  private static String refusal(Executable check) {
    OperandException refused = assertThrows(OperandException.class, check);
    assertTrue(refused.isUnsupported());
    return String.valueOf(refused.getMessage());
  }

  /** Writes a SavedModel whose signature gives the output of one node without inputs. */
  private void writeModel(String operation, String attribute, Field value) throws IOException {
    UnknownFieldSet entry = message(Map.of(1, of(attribute), 2, of(message(Map.of(3, value)))));
    UnknownFieldSet node = message(Map.of(1, of("node"), 2, of(operation), 5, of(entry)));
    UnknownFieldSet output = message(Map.of(1, of("node:0"), 2, of(1)));
    UnknownFieldSet signature = message(Map.of(2, of(message(Map.of(1, of("y"), 2, of(output))))));
    UnknownFieldSet metaGraph =
        message(
            Map.of(
                1, of(message(Map.of(4, of("serve")))),
                2, of(message(Map.of(1, of(node)))),
                5, of(message(Map.of(1, of("serving_default"), 2, of(signature))))));
    Files.write(folder.resolve("saved_model.pb"), message(Map.of(2, of(metaGraph))).toByteArray());
  }

  @Test
  void everyLoweringRefusesUnknownAttributes() {
    assertAll(
        TABLE.names().stream()
            .map(
                operation ->
                    () -> {
                      writeModel(operation, "invented", of(7));
                      var refused =
                          assertThrows(
                              UnsupportedModelException.class,
                              () -> TfLiteConverter.fromSavedModel(folder).convert(),
                              operation);
                      String message = String.valueOf(refused.getMessage());
                      assertTrue(
                          message.contains("(" + operation + ")")
                              && message.contains("'invented' = 7"),
                          message);
                    }));
  }

  @Test
  void everyLoweringHasAttributesFromTensorFlow() {
    for (String operation : TABLE.names()) {
      assertTrue(
          OperationAttributes.defines(operation),
          () -> operation + " is missing: run operation_attributes.py");
    }
  }

  @Test
  void everyAttributeThatIsNotReadIsRefusedUnlessItIsDefaultOrIgnored() {
    for (String operation : TABLE.names()) {
      OperationAttributes.defaults(operation)
          .forEach(
              (attribute, ifMissing) -> {
                // No operation has this function as a default.
                TfNode node = node(operation, attribute, Proto.ofFunction("other"));
                Set<String> ignored = TABLE.ignored(operation);
                Executable check = () -> OperationAttributes.requireHonored(node, ignored);
                String what = operation + " " + attribute + "=" + ifMissing;
                if (ignored.contains(attribute) || ifMissing.equals("~")) {
                  assertDoesNotThrow(check, what);
                } else {
                  assertTrue(refusal(check).contains("'" + attribute + "' = other"), what);
                }
              });
    }
  }

  @Test
  void ignoredAttributesExist() {
    for (String operation : TABLE.names()) {
      Set<String> unknown = new HashSet<>(TABLE.ignored(operation));
      unknown.removeAll(OperationAttributes.defaults(operation).keySet());
      assertEquals(Set.of(), unknown, operation);
    }
  }

  @Test
  void attributesWithTheirDefaultsNeedNotBeRead() {
    var dilations =
        message(
            Map.of(
                3, Field.newBuilder().addVarint(1).addVarint(1).addVarint(1).addVarint(1).build()));
    for (TfNode node :
        List.of(
            node("TensorListSetItem", "resize_if_index_out_of_bounds", value(5, of(0))),
            node("ArgMax", "output_type", value(6, of(9))),
            node("Conv2D", "data_format", value(2, of("NHWC"))),
            node("Conv2D", "dilations", value(1, of(dilations))),
            node("Conv2D", "explicit_paddings", value(1, of(message(Map.of())))),
            node(
                "FusedBatchNormV3",
                "epsilon",
                value(4, Field.newBuilder().addFixed32(Float.floatToIntBits(1e-4f)).build())),
            node("TensorArrayV3", "element_shape", value(7, of(message(Map.of(3, of(1)))))),
            node("Conv2D", "_class", value(2, of("annotation"))))) {
      assertDoesNotThrow(() -> OperationAttributes.requireHonored(node, Set.of()), node.toString());
    }
  }

  @Test
  void refusalNamesValueAndDefault() {
    TfNode resizing = node("TensorListSetItem", "resize_if_index_out_of_bounds", value(5, of(1)));
    assertEquals(
        "the attribute 'resize_if_index_out_of_bounds' = true, which Whittle does not support;"
            + " its default is false",
        refusal(() -> OperationAttributes.requireHonored(resizing, Set.of())));
    TfNode cast = node("Cast", "DstT", value(6, of(3)));
    assertEquals(
        "the attribute 'DstT' = INT32, which Whittle does not support; it has no default",
        refusal(() -> OperationAttributes.requireHonored(cast, Set.of())));
  }

  @Test
  void readingAnAttributeHonorsIt() {
    TfNode node = node("ArgMax", "output_type", value(6, of(3)));
    Set<String> read = new HashSet<>();
    assertEquals(3, node.watched(read).type("output_type", 9));
    assertEquals(Set.of("output_type"), read);
    assertDoesNotThrow(() -> OperationAttributes.requireHonored(node, read));
  }

  @Test
  void stateOfANodeIsNotShared() {
    TfNode node = node("ArgMax", "output_type", value(6, of(3)));
    node.watched(new HashSet<>()).type("output_type", 9);
    assertThrows(OperandException.class, () -> OperationAttributes.requireHonored(node, Set.of()));
  }
}
