package dev.whittle.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Options;
import dev.whittle.ir.op.math.Add;
import dev.whittle.ir.op.nn.Conv2D;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OpCatalogTest {
  @Test
  void codeGivesTheOperatorThatHasIt() {
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
  void codesOutsideTheSchemaHaveNoOperator() {
    assertTrue(OpCatalog.ofCode(-1).isEmpty());
    assertTrue(OpCatalog.ofCode(OpType.CUSTOM).isEmpty());
    assertTrue(OpCatalog.ofCode(Integer.MAX_VALUE).isEmpty());
  }

  @Test
  void decodesUnknownCodeAsOpaqueOp() {
    Options options = Options.of("FutureOptions").with("axis", 1);
    OpaqueOp op = assertInstanceOf(OpaqueOp.class, OpCatalog.decode(9999, "FUTURE", options));
    assertEquals(new OpaqueOp("FUTURE", 9999, options), op);
  }

  @Test
  void namesAndCodesAreUnique() {
    Set<String> names = OpCatalog.types().stream().map(OpType::name).collect(Collectors.toSet());
    Set<Integer> codes = OpCatalog.types().stream().map(OpType::code).collect(Collectors.toSet());
    assertEquals(OpCatalog.types().size(), names.size());
    assertEquals(OpCatalog.types().size(), codes.size());
  }

  @Test
  void indexesEveryClassThatHasAnOpType() throws Exception {
    Set<String> expected = new TreeSet<>();
    for (String name : compiledClasses()) {
      for (var field : Class.forName(name).getDeclaredFields()) {
        if (field.getName().equals("TYPE") && field.getType() == OpType.class) {
          expected.add(((OpType<?>) field.get(null)).name());
        }
      }
    }
    Set<String> indexed =
        OpCatalog.types().stream().map(OpType::name).collect(Collectors.toCollection(TreeSet::new));
    assertEquals(expected, indexed);
  }

  @Test
  void loadsOnlyTheClassesOfRequestedOperators() throws Exception {
    var loader = new IsolatedLoader();
    Class<?> catalog = loader.loadClass(OpCatalog.class.getName());
    catalog.getMethod("ofCode", int.class).invoke(null, Add.TYPE.code());
    assertTrue(loader.hasLoaded(Add.class.getName()));
    assertFalse(loader.hasLoaded(Conv2D.class.getName()));
  }

  @Test
  void rejectsIndexWithDuplicateCode() {
    var index = new ByteArrayInputStream("7 a.B\n7 c.D\n".getBytes(StandardCharsets.UTF_8));
    var e = assertThrows(IllegalStateException.class, () -> OpCatalog.read(index));
    assertEquals(
        "the operator index has code 7 for both a.B and c.D; give each TYPE a code of its own",
        e.getMessage());
  }

  @Test
  void missingIndexNamesTheCommandThatMakesIt() {
    var e = assertThrows(IllegalStateException.class, () -> OpCatalog.read(null));
    assertEquals(
        "the class path has no operator index META-INF/whittle/operators; run mvn -pl libs/ir -am"
            + " process-classes",
        e.getMessage());
  }

  private static Set<String> compiledClasses() throws IOException, URISyntaxException {
    URI root = OpCatalog.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path classes = Path.of(root);
    try (var files = Files.walk(classes.resolve("dev/whittle/ir/op"))) {
      return files
          .map(file -> classes.relativize(file).toString().replace('\\', '/'))
          .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
          .map(file -> file.substring(0, file.length() - 6).replace('/', '.'))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** Defines the project's classes itself, so that it knows which are loaded. */
  private static final class IsolatedLoader extends ClassLoader {
    private IsolatedLoader() {
      super(OpCatalogTest.class.getClassLoader());
    }

    private boolean hasLoaded(String name) {
      return findLoadedClass(name) != null;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("dev.whittle.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      String file = name.replace('.', '/') + ".class";
      try (InputStream in = getResourceAsStream(file)) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
