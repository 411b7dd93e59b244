/**
 * The image classifier as a web app: an HTTP server, and the page's files among its resources. May
 * use: ir, tflite, runtime, image, vision, json, Jetty, the Prometheus client.
 */
@NullMarked
package dev.whittle.web;

import org.jspecify.annotations.NullMarked;
