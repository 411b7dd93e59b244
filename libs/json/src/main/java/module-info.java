/** JSON objects that know their place in a file. */
module dev.whittle.json {
  requires transitive tools.jackson.core;
  requires static transitive org.jspecify;

  exports dev.whittle.json;
}
