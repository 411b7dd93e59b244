package dev.whittle.architecture;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.Test;

/** States which module may use which: the picture in ARCHITECTURE.md. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.whittle");

  @Test
  void arrowsPointOneWay() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("io")
        .definedBy("dev.whittle.io..")
        .layer("npz")
        .definedBy("dev.whittle.npz..")
        .layer("ir")
        .definedBy("dev.whittle.ir..")
        .layer("tflite")
        .definedBy("dev.whittle.tflite..")
        .layer("runtime")
        .definedBy("dev.whittle.runtime..")
        .layer("litert")
        .definedBy("dev.whittle.litert..")
        .layer("json")
        .definedBy("dev.whittle.json..")
        .layer("data")
        .definedBy("dev.whittle.data..")
        .layer("image")
        .definedBy("dev.whittle.image..")
        .layer("vision")
        .definedBy("dev.whittle.vision..")
        .layer("web")
        .definedBy("dev.whittle.web..")
        .layer("optimize")
        .definedBy("dev.whittle.optimize..")
        .layer("evaluate")
        .definedBy("dev.whittle.evaluate..")
        .layer("convert")
        .definedBy("dev.whittle.convert..")
        .layer("train")
        .definedBy("dev.whittle.train..")
        .layer("cli")
        .definedBy("dev.whittle.cli")
        .layer("cli-serve")
        .definedBy("dev.whittle.cli.serve..")
        .layer("cli-train")
        .definedBy("dev.whittle.cli.train..")
        .whereLayer("io")
        .mayNotAccessAnyLayer()
        .whereLayer("ir")
        .mayNotAccessAnyLayer()
        .whereLayer("npz")
        .mayOnlyAccessLayers("io")
        .whereLayer("tflite")
        .mayOnlyAccessLayers("ir", "io")
        .whereLayer("runtime")
        .mayOnlyAccessLayers("ir", "tflite")
        .whereLayer("litert")
        .mayOnlyAccessLayers("ir", "tflite", "runtime")
        .whereLayer("convert")
        .mayOnlyAccessLayers("ir", "tflite", "io", "json", "data", "optimize")
        .whereLayer("json")
        .mayNotAccessAnyLayer()
        .whereLayer("data")
        .mayOnlyAccessLayers("ir", "npz", "image")
        .whereLayer("image")
        .mayNotAccessAnyLayer()
        .whereLayer("vision")
        .mayOnlyAccessLayers("image", "ir", "tflite", "runtime")
        .whereLayer("web")
        .mayOnlyAccessLayers("ir", "tflite", "runtime", "image", "vision", "json")
        .whereLayer("optimize")
        .mayOnlyAccessLayers("ir", "runtime", "data", "json", "io")
        .whereLayer("evaluate")
        .mayOnlyAccessLayers("ir", "tflite", "runtime", "data", "json", "io", "optimize")
        .whereLayer("train")
        .mayOnlyAccessLayers(
            "ir", "tflite", "runtime", "convert", "io", "npz", "data", "optimize", "evaluate")
        .whereLayer("cli")
        .mayOnlyAccessLayers(
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
            "vision")
        .whereLayer("cli-serve")
        .mayOnlyAccessLayers("cli", "web")
        .whereLayer("cli-serve")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("cli-train")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void noPackagesDependOnEachOtherInACircle() {
    slices().matching("dev.whittle.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theCoreLoadsNoNativeCode() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAnyPackage(
            "dev.whittle.io..",
            "dev.whittle.npz..",
            "dev.whittle.ir..",
            "dev.whittle.tflite..",
            "dev.whittle.runtime..",
            "dev.whittle.json..",
            "dev.whittle.data..",
            "dev.whittle.optimize..",
            "dev.whittle.evaluate..",
            "dev.whittle.image..",
            "dev.whittle.vision..",
            "dev.whittle.convert..",
            "dev.whittle.web..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.bytedeco..", "org.tensorflow..")
        .check(CLASSES);
  }

  @Test
  void theRepresentationNeverLearnsAboutFiles() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage("dev.whittle.ir..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.io..")
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.whittle.ir"));
  }
}
