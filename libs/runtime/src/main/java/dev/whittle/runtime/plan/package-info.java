/**
 * The planner: rewrites for execution, memory layout, and the session that runs a plan step by
 * step. Kernels come from a {@code Backend}. May use: {@code runtime.session}, {@code
 * runtime.kernel.execution}, {@code ir}.
 */
@NullMarked
package dev.whittle.runtime.plan;

import org.jspecify.annotations.NullMarked;
