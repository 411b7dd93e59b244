/**
 * Random models of one operator each, for which Whittle and the native runtime must compute the
 * same outputs. An operator of the catalog without a generator here fails the build. May use every
 * module but the applications.
 */
@NullMarked
package dev.whittle.conformance;

import org.jspecify.annotations.NullMarked;
