/**
 * The interface of a session, which engines implement: a model made ready to run, its plan and who
 * observes it. May use: {@code ir}.
 */
@NullMarked
package dev.whittle.runtime.session;

import org.jspecify.annotations.NullMarked;
