/**
 * The command that starts the image classifier's server, which is loaded only when it is used. May
 * use: cli, cli.option, web, picocli.
 */
@NullMarked
package dev.whittle.cli.serve;

import org.jspecify.annotations.NullMarked;
