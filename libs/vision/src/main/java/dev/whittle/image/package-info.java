/** Images: decoding, orientation, cropping and scaling. May use: the JDK and image decoders. */
@NullMarked
package dev.whittle.image;

import org.jspecify.annotations.NullMarked;
