/** Atomic file writing, and NumPy .npy and .npz files. */
module dev.whittle.io {
  requires static transitive org.jspecify;

  exports dev.whittle.io;
  exports dev.whittle.npz;
}
