/**
 * The interface of a session, which engines implement: a model that is ready to run, its plan, its
 * observer and its timer. May use: {@code dev.whittle.ir}.
 */
@NullMarked
package dev.whittle.runtime.session;

import org.jspecify.annotations.NullMarked;
