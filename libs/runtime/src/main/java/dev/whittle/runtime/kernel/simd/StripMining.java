package dev.whittle.runtime.kernel.simd;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/**
 * Whether the compiler cuts counted loops into strips, between which threads may stop. It does so
 * by default with the collectors G1, ZGC and Shenandoah. Where it does not, with Serial (the
 * default in containers of one processor) and Parallel, it places instructions of a loop otherwise,
 * and loops that need all of 16 registers keep a sum in memory.
 */
final class StripMining {
  private StripMining() {}

  /** Says no where the virtual machine does not tell. */
  static boolean isOn() {
    try {
      HotSpotDiagnosticMXBean options =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return options != null
          && Boolean.parseBoolean(options.getVMOption("UseCountedLoopSafepoints").getValue());
    } catch (RuntimeException | LinkageError e) {
      return false;
    }
  }
}
