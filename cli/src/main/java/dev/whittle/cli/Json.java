package dev.whittle.cli;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON documents to the standard output. */
final class Json {
  private Json() {}

  /** A generator that leaves the stream open when it is closed. */
  static JsonGenerator generator() {
    return JsonFactory.builder()
        .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
        .build()
        .createGenerator(ObjectWriteContext.empty(), System.out);
  }
}
