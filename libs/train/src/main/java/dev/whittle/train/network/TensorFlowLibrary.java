package dev.whittle.train.network;

import dev.whittle.ir.UnsupportedModelException;
import org.tensorflow.TensorFlow;

/** The native library of TensorFlow, which exists for some platforms only. */
public final class TensorFlowLibrary {
  private TensorFlowLibrary() {}

  /**
   * Loads the library.
   *
   * @throws UnsupportedModelException if it is not available on this platform
   */
  public static void require() {
    try {
      TensorFlow.version();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      var missing =
          new UnsupportedModelException(
              "TensorFlow on %s %s"
                  .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
              "its native library is missing (%s)".formatted(e.getMessage()),
              "add the artifact tensorflow-core-native for this platform, or train on another;"
                  + " converting, optimizing and running models does not need it");
      missing.addSuppressed(e);
      throw missing;
    }
  }
}
