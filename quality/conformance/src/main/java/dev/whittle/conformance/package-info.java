/**
 * Random models of one operator each, which ours and the native runtime must answer alike. An
 * operator of the catalog without a generator here fails the build. May use: everything below the
 * applications.
 */
@NullMarked
package dev.whittle.conformance;

import org.jspecify.annotations.NullMarked;
