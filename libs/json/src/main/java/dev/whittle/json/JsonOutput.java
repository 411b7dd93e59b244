package dev.whittle.json;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** Writing of JSON documents. */
public final class JsonOutput {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private JsonOutput() {}

  /** Returns a generator of UTF-8; closing it does not close the stream. */
  public static JsonGenerator generator(OutputStream out) {
    return FACTORY.createGenerator(ObjectWriteContext.empty(), out);
  }

  /** Returns a generator for the standard output, as {@link #generator} does. */
  public static JsonGenerator standardOutput() {
    return generator(System.out);
  }

  /**
   * Returns a document as JSON in UTF-8.
   *
   * @param document a tree of maps, lists, strings, numbers, booleans and null
   * @throws IllegalArgumentException if the tree has a value of another type
   */
  public static byte[] bytes(@Nullable Object document) {
    var out = new ByteArrayOutputStream();
    try (JsonGenerator json = generator(out)) {
      write(json, document);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, @Nullable Object value) {
    switch (value) {
      case null -> json.writeNull();
      case Map<?, ?> map -> {
        json.writeStartObject();
        map.forEach(
            (key, field) -> {
              json.writeName(String.valueOf(key));
              write(json, field);
            });
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        list.forEach(item -> write(json, item));
        json.writeEndArray();
      }
      case String text -> json.writeString(text);
      case Boolean flag -> json.writeBoolean(flag);
      case Integer number -> json.writeNumber(number);
      case Long number -> json.writeNumber(number);
      case Float number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      default ->
          throw new IllegalArgumentException(
              value.getClass()
                  + " has no JSON form; expected a map, list, string, number, boolean");
    }
  }

  /** Returns a generator with line breaks and indentation, as {@link #generator} does. */
  public static JsonGenerator indented(OutputStream out) {
    var context =
        new ObjectWriteContext.Base() {
          @Override
          public PrettyPrinter getPrettyPrinter() {
            return new DefaultPrettyPrinter();
          }
        };
    return FACTORY.createGenerator(context, out);
  }
}
