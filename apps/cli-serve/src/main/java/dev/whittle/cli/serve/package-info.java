/** The command that starts the image classifier. Loaded when it is used. */
@NullMarked
package dev.whittle.cli.serve;

import org.jspecify.annotations.NullMarked;
