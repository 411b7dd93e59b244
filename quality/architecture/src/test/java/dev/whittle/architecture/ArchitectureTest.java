package dev.whittle.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The permitted dependencies between modules and packages, as ARCHITECTURE.md draws them.
 *
 * <p>ArchUnit reads class files, in which javac leaves no trace of an inlined constant. {@link
 * #importsFormNoCycles} reads sources for that reason.
 */
class ArchitectureTest {
  private static final String ROOT = "dev.whittle.";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.whittle");

  /** A layer and the layers that it may use. */
  private record Layer(String name, List<String> packages, List<String> uses) {
    static Layer of(String name, String packages, String... uses) {
      return new Layer(name, List.of(packages.split(" ", -1)), List.of(uses));
    }
  }

  private static void check(Layer... layers) {
    LayeredArchitecture architecture = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (Layer layer : layers) {
      String[] packages = layer.packages.stream().map(p -> ROOT + p).toArray(String[]::new);
      architecture = architecture.layer(layer.name).definedBy(packages);
    }
    for (Layer layer : layers) {
      architecture =
          layer.uses.isEmpty()
              ? architecture.whereLayer(layer.name).mayNotAccessAnyLayer()
              : architecture
                  .whereLayer(layer.name)
                  .mayOnlyAccessLayers(layer.uses.toArray(String[]::new));
    }
    architecture.check(CLASSES);
  }

  /** A class path that lacks a module would make every other test pass. */
  @Test
  void readsEveryPackage() throws IOException {
    Set<String> read =
        CLASSES.stream()
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .map(JavaClass::getPackageName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(SourcePackages.read().keySet()), read);
  }

  @Test
  void modulesUseOnlyThoseBelowThem() {
    check(
        Layer.of("io", "io.."),
        Layer.of("ir", "ir.."),
        Layer.of("image", "image.."),
        Layer.of("json", "json.."),
        Layer.of("npz", "npz..", "io"),
        Layer.of("tflite", "tflite..", "ir", "io"),
        Layer.of("data", "data..", "ir", "npz", "image"),
        Layer.of("runtime", "runtime..", "ir", "tflite"),
        Layer.of("litert", "litert..", "ir", "tflite", "runtime"),
        Layer.of("vision", "vision..", "image", "ir", "tflite", "runtime"),
        Layer.of("optimize", "optimize..", "ir", "runtime", "data", "json", "io"),
        Layer.of(
            "evaluate", "evaluate..", "ir", "tflite", "runtime", "data", "json", "io", "optimize"),
        Layer.of("convert", "convert..", "ir", "tflite", "io", "json", "data", "optimize"),
        Layer.of(
            "train",
            "train..",
            "ir",
            "tflite",
            "runtime",
            "convert",
            "npz",
            "data",
            "optimize",
            "evaluate"),
        Layer.of("web", "web..", "ir", "tflite", "runtime", "image", "vision", "json"),
        Layer.of("cli-option", "cli.option"),
        Layer.of(
            "cli",
            "cli",
            "cli-option",
            "ir",
            "tflite",
            "runtime",
            "convert",
            "npz",
            "io",
            "json",
            "data",
            "optimize",
            "evaluate",
            "image",
            "vision"),
        Layer.of("cli-serve", "cli.serve..", "cli", "cli-option", "web"),
        Layer.of(
            "cli-train",
            "cli.train..",
            "cli",
            "cli-option",
            "ir",
            "tflite",
            "runtime",
            "convert",
            "io",
            "data",
            "train"));
  }

  @Test
  void packagesFormNoCycles() {
    slices().matching("dev.whittle.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /** Imports include those of constants, which class files do not show. */
  @Test
  void importsFormNoCycles() throws IOException {
    assertEquals(List.of(), SourcePackages.cycle(SourcePackages.read()));
  }

  @Test
  void operatorsUseOnlyTheLayersBelowThem() {
    String families = String.join(" ", operatorFamilies());
    check(
        Layer.of("tensor", "ir.tensor"),
        Layer.of("kernel", "ir.kernel", "tensor"),
        Layer.of("graph", "ir", "kernel", "tensor"),
        Layer.of("attributes", "ir.op", "graph", "kernel", "tensor"),
        Layer.of("common", "ir.op.common", "attributes", "graph", "kernel", "tensor"),
        Layer.of("families", families, "common", "attributes", "graph", "kernel", "tensor"),
        Layer.of("rewrite", "ir.rewrite", "families", "attributes", "graph", "kernel", "tensor"));
  }

  private static Set<String> operatorFamilies() {
    return CLASSES.stream()
        .map(JavaClass::getPackageName)
        .filter(name -> name.startsWith("dev.whittle.ir.op."))
        .map(name -> name.substring(ROOT.length()))
        .filter(name -> !name.equals("ir.op.common"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void operatorFamiliesDoNotUseEachOther() {
    slices()
        .matching("dev.whittle.ir.op.(*)")
        .should()
        .notDependOnEachOther()
        .ignoreDependency(
            JavaClass.Predicates.resideInAPackage("dev.whittle.ir.op.."),
            JavaClass.Predicates.resideInAPackage("dev.whittle.ir.op.common"))
        .check(CLASSES);
  }

  @Test
  void fastKernelsUseOnlyTheLayersBelowThem() {
    String kernel = "runtime.kernel.";
    List<String> families =
        List.of("gemm", "depthwise", "elementwise", "reduce", "move", "recurrent");
    check(
        Layer.of("geometry", kernel + "geometry"),
        Layer.of("simd", kernel + "simd", "geometry"),
        Layer.of("execution", kernel + "execution", "simd", "geometry"),
        new Layer(
            "families",
            families.stream().map(kernel::concat).toList(),
            List.of("execution", "simd", "geometry")),
        Layer.of("selectors", "runtime.kernel", "families", "execution", "simd", "geometry"),
        Layer.of("plan", "runtime.plan", "execution", "simd", "geometry"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"keras", "savedmodel", "knn"})
  void frontEndsDoNotUseEachOther(String frontEnd) {
    List<String> others = new ArrayList<>(List.of("keras", "savedmodel", "knn"));
    others.remove(frontEnd);
    noClasses()
        .that()
        .resideInAPackage("dev.whittle.convert." + frontEnd + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            others.stream().map(o -> "dev.whittle.convert." + o + "..").toArray(String[]::new))
        .check(CLASSES);
  }

  @Test
  void onlyTrainingAndTheNativeEngineLoadNativeCode() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "dev.whittle.litert..", "dev.whittle.train..", "dev.whittle.cli.train..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.bytedeco..", "org.tensorflow..")
        .check(CLASSES);
  }

  @Test
  void graphsDoNotUseFiles() {
    noClasses()
        .that()
        .resideInAPackage("dev.whittle.ir..")
        .and()
        .doNotHaveSimpleName("OpCatalog")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.io..")
        .because("only the catalog reads a resource, its index")
        .check(CLASSES);
  }

  @Test
  void classNamesAvoidEmptyWords() {
    noClasses()
        .should()
        .haveNameMatching(".*(Manager|Helpers?|Utils?|Utilities|Impl)")
        .because("such a name does not say what the class does")
        .check(CLASSES);
  }
}
