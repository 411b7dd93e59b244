package dev.whittle.convert.savedmodel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The list of operations in the document; {@code -Doperations.list=write} rewrites it. */
class OperationsDocumentTest {
  private static final Path DOCUMENT = Path.of("../../docs/tensorflow-operations.md");
  private static final String HEADING = "## All of them\n\n";

  @Test
  void documentListsAllOperations() throws IOException {
    String text = Files.readString(DOCUMENT);
    String list = String.join(", ", TensorFlowOperations.TABLE.names()) + "\n";
    int at = text.indexOf(HEADING) + HEADING.length();
    if (System.getProperty("operations.list", "").equals("write")) {
      Files.writeString(DOCUMENT, text.substring(0, at) + list);
      return;
    }
    assertEquals(list, text.substring(at));
  }
}
