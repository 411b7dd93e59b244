package dev.whittle.npz;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A parser for the text of a header: a Python dictionary with the keys {@code descr}, {@code
 * fortran_order} and {@code shape}, each once, in any order. It accepts no other Python.
 */
final class HeaderParser {
  /** The values of the three keys. */
  record Fields(String descr, boolean fortranOrder, List<Integer> shape) {}

  /** A syntax error, with its position in the text: the index of a character. */
  static final class SyntaxException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int position;

    SyntaxException(int position, String problem) {
      super(problem);
      this.position = position;
    }

    int position() {
      return position;
    }

    String problem() {
      return String.valueOf(getMessage());
    }
  }

  private static final char END = '\0';

  private final String text;
  private int position;
  private @Nullable String descr;
  private @Nullable Boolean fortranOrder;
  private @Nullable List<Integer> shape;

  private HeaderParser(String text) {
    this.text = text;
  }

  static Fields parse(String text) throws SyntaxException {
    return new HeaderParser(text).dictionary();
  }

  private Fields dictionary() throws SyntaxException {
    expect('{');
    while (peek() != '}') {
      entry();
      if (peek() != '}') {
        expect(',');
      }
    }
    expect('}');
    if (peek() != END || position < text.length()) {
      throw wrong("the end of the header");
    }
    if (descr == null || fortranOrder == null || shape == null) {
      throw new SyntaxException(
          0, "the header must have the keys 'descr', 'fortran_order' and 'shape'");
    }
    return new Fields(descr, fortranOrder, shape);
  }

  private void entry() throws SyntaxException {
    peek();
    int start = position;
    String key = string();
    expect(':');
    boolean repeated =
        switch (key) {
          case "descr" -> descr != null;
          case "fortran_order" -> fortranOrder != null;
          case "shape" -> shape != null;
          default ->
              throw new SyntaxException(
                  start, "unknown header key " + MalformedNpzException.printable(key));
        };
    if (repeated) {
      throw new SyntaxException(start, "header key '" + key + "' appears twice");
    }
    switch (key) {
      case "descr" -> descr = descr();
      case "fortran_order" -> fortranOrder = bool();
      default -> shape = shape();
    }
  }

  private String descr() throws SyntaxException {
    char next = peek();
    if (next == '[' || next == '(') {
      throw new SyntaxException(
          position, "holds records (a structured dtype); save each field as an array of its own");
    }
    return string();
  }

  private String string() throws SyntaxException {
    char quote = peek();
    if (quote != '\'' && quote != '"') {
      throw wrong("a string");
    }
    int end = text.indexOf(quote, position + 1);
    if (end < 0) {
      throw new SyntaxException(position, "a string is not closed");
    }
    String value = text.substring(position + 1, end);
    if (value.indexOf('\\') >= 0 || value.indexOf('\n') >= 0) {
      throw new SyntaxException(position, "a string holds an escape or a line break");
    }
    position = end + 1;
    return value;
  }

  private boolean bool() throws SyntaxException {
    peek();
    for (boolean value : new boolean[] {true, false}) {
      String word = value ? "True" : "False";
      if (text.startsWith(word, position)) {
        position += word.length();
        return value;
      }
    }
    throw wrong("True or False");
  }

  private List<Integer> shape() throws SyntaxException {
    expect('(');
    List<Integer> dimensions = new ArrayList<>();
    while (peek() != ')') {
      dimensions.add(dimension());
      boolean onlyOne = dimensions.size() == 1;
      if (onlyOne || peek() != ')') {
        expect(',');
      }
    }
    expect(')');
    return List.copyOf(dimensions);
  }

  private int dimension() throws SyntaxException {
    int start = position;
    while (position < text.length() && isDigit(text.charAt(position))) {
      position++;
    }
    String digits = text.substring(start, position);
    if (digits.isEmpty()) {
      throw wrong("a dimension");
    }
    boolean padded = digits.length() > 1 && digits.charAt(0) == '0';
    if (padded || digits.length() > 10 || Long.parseLong(digits) > Integer.MAX_VALUE) {
      throw new SyntaxException(
          start, "dimension " + shortened(digits) + "; expected an integer from 0 to 2^31-1");
    }
    if (position < text.length() && text.charAt(position) == 'L') {
      // The suffix of long integers in Python 2.
      position++;
    }
    return Integer.parseInt(digits);
  }

  private static String shortened(String digits) {
    return digits.length() > 20 ? digits.substring(0, 20) + "..." : digits;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Returns the next character after white space, without consuming it. */
  private char peek() {
    while (position < text.length() && " \t\r\n\f".indexOf(text.charAt(position)) >= 0) {
      position++;
    }
    return position < text.length() ? text.charAt(position) : END;
  }

  private void expect(char expected) throws SyntaxException {
    if (peek() != expected) {
      throw wrong("'" + expected + "'");
    }
    position++;
  }

  private SyntaxException wrong(String expected) {
    String found =
        position < text.length()
            ? MalformedNpzException.printable(text.substring(position, position + 1))
            : "the end";
    return new SyntaxException(
        position, "broken header: expected " + expected + ", found " + found);
  }
}
