/** Custom operators that files in the wild have. */
@NullMarked
package dev.whittle.runtime.custom;

import org.jspecify.annotations.NullMarked;
