/** Custom operators of published models. May use: {@code dev.whittle.ir}, FlexBuffers. */
@NullMarked
package dev.whittle.runtime.custom;

import org.jspecify.annotations.NullMarked;
