package dev.whittle.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.OpType;
import org.junit.jupiter.api.Test;

class OpCatalogTest {
  @Test
  void eachNumberGivesTheOperatorThatHasIt() {
    int found = 0;
    for (int code = 0; code < 1024; code++) {
      OpType<?> type = OpCatalog.ofCode(code).orElse(null);
      if (type != null) {
        assertEquals(code, type.code(), type.name());
        found++;
      }
    }
    assertEquals(found, OpCatalog.types().size());
    assertTrue(found > 150, found + " operators");
  }

  @Test
  void numbersOutsideTheSchemaAreNobodys() {
    assertTrue(OpCatalog.ofCode(-1).isEmpty());
    assertTrue(OpCatalog.ofCode(OpType.CUSTOM).isEmpty());
    assertTrue(OpCatalog.ofCode(Integer.MAX_VALUE).isEmpty());
  }
}
