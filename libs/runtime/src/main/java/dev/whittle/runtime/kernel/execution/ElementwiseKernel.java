package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.kernel.Kernel;

/**
 * A kernel that reads each element of an operand of the output's shape before it writes the same
 * element of the output, so that the output may take the operand's memory.
 */
public interface ElementwiseKernel extends Kernel {}
