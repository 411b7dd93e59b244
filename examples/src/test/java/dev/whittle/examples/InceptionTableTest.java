package dev.whittle.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InceptionTableTest {
  /** A small network with the same kinds of layers as InceptionV3. */
  private static final String LAYERS =
      """
      {"class_name":"Functional","config":{"name":"small","layers":[
      {"class_name":"InputLayer","config":{"name":"x","batch_shape":[null,40,40,3],"dtype":"float32"},
       "name":"x","inbound_nodes":[]},
      {"class_name":"Conv2D","config":{"name":"c","filters":64,"kernel_size":[5,5],"strides":[2,2],
       "padding":"valid","use_bias":false,"activation":"linear"},"name":"c",
       "inbound_nodes":[[["x",0,0,{}]]],"build_config":{"input_shape":[null,40,40,3]}},
      {"class_name":"BatchNormalization","config":{"name":"b","axis":3,"epsilon":0.001,"center":true,
       "scale":false},"name":"b","inbound_nodes":[[["c",0,0,{}]]],
       "build_config":{"input_shape":[null,18,18,64]}},
      {"class_name":"Activation","config":{"name":"a","activation":"relu"},"name":"a",
       "inbound_nodes":[[["b",0,0,{}]]]},
      {"class_name":"GlobalAveragePooling2D","config":{"name":"p"},"name":"p",
       "inbound_nodes":[[["a",0,0,{}]]]},
      {"class_name":"Dense","config":{"name":"d","units":1000,"use_bias":true,
       "activation":"softmax"},"name":"d","inbound_nodes":[[["p",0,0,{}]]],
       "build_config":{"input_shape":[null,64]}}],
      "input_layers":[["x",0,0]],"output_layers":[["d",0,0]]}}
      """;

  @TempDir private Path folder = Path.of("");

  @Test
  void writesAndComparesBothModels() throws IOException {
    Path layers = folder.resolve("layers.json");
    Files.writeString(layers, LAYERS);
    InceptionTable.Table table =
        InceptionTable.run(layers, Path.of("..", "quality", "testdata", "vision"), folder, null);
    assertEquals(63, table.views());
    assertEquals(table.floatBytes(), Files.size(folder.resolve("inception_v3.tflite")));
    assertTrue(table.floatBytes() > 2 * table.quantizedBytes(), table.text());
    assertTrue(table.top3() > 50, table.text());
    assertTrue(table.text().contains("(random weights)"));
  }
}
