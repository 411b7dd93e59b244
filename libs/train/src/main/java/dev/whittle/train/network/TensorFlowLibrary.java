package dev.whittle.train.network;

import dev.whittle.ir.UnsupportedModelException;
import org.tensorflow.TensorFlow;

/** TensorFlow's native library, which there is for some platforms only. */
public final class TensorFlowLibrary {
  private TensorFlowLibrary() {}

  /**
   * Loads the library.
   *
   * @throws UnsupportedModelException if there is none for this platform, saying what works without
   */
  public static void require() {
    try {
      TensorFlow.version();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      var missing =
          new UnsupportedModelException(
              "TensorFlow on %s %s"
                  .formatted(System.getProperty("os.name"), System.getProperty("os.arch")),
              "its native library is not here (%s)".formatted(e.getMessage()),
              "add the artifact tensorflow-core-native of that platform, or train elsewhere;"
                  + " converting, optimizing and running models works without it");
      missing.addSuppressed(e);
      throw missing;
    }
  }
}
