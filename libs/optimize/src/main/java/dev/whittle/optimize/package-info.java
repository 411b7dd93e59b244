/** Post-training optimization of models. The code is in the packages below. */
@NullMarked
package dev.whittle.optimize;

import org.jspecify.annotations.NullMarked;
