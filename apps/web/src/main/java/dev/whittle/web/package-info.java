/** The image classifier as a web app, and the server behind it. */
@NullMarked
package dev.whittle.web;

import org.jspecify.annotations.NullMarked;
