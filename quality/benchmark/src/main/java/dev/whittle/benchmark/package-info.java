/** How fast kernels and models run; docs/performance.md tells what came out. */
@NullMarked
package dev.whittle.benchmark;

import org.jspecify.annotations.NullMarked;
