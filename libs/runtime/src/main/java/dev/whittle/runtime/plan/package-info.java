/**
 * The planner: rewrites for execution, memory layout, and the session that runs a plan step by
 * step. Kernels come from a {@link dev.whittle.runtime.plan.Backend}. May use: {@code
 * runtime.session}, {@code runtime.kernel.execution}, {@code dev.whittle.ir}.
 */
@NullMarked
package dev.whittle.runtime.plan;

import org.jspecify.annotations.NullMarked;
