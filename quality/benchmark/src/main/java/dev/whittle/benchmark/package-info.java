/** JMH benchmarks of kernels and models. Results are in docs/performance. */
@NullMarked
package dev.whittle.benchmark;

import org.jspecify.annotations.NullMarked;
