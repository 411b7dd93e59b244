package dev.whittle.evaluate;

import java.util.List;

/** A builder of self-contained HTML pages with text, tables and charts. */
public final class HtmlPage {
  private static final String STYLE =
      """
      body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; }
      table { border-collapse: collapse; }
      th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
      th:first-child, td:first-child { text-align: left; }
      svg { max-width: 100%; height: auto; }
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;

  /** Creates an empty page. */
  public HtmlPage(String title) {
    this.title = title;
  }

  /** Adds a heading. */
  public void heading(String text) {
    body.append("<h2>").append(escape(text)).append("</h2>\n");
  }

  /** Adds a paragraph. */
  public void paragraph(String text) {
    body.append("<p>").append(escape(text)).append("</p>\n");
  }

  /**
   * Adds a table.
   *
   * @param header the cells of the first row
   * @param rows the cells of the other rows
   */
  public void table(List<String> header, List<List<String>> rows) {
    body.append("<table>\n<tr>");
    header.forEach(cell -> body.append("<th>").append(escape(cell)).append("</th>"));
    body.append("</tr>\n");
    for (List<String> row : rows) {
      body.append("<tr>");
      row.forEach(cell -> body.append("<td>").append(escape(cell)).append("</td>"));
      body.append("</tr>\n");
    }
    body.append("</table>\n");
  }

  /**
   * Adds a chart.
   *
   * @param markup the HTML of the chart, which is not escaped
   */
  public void chart(String markup) {
    body.append(markup).append('\n');
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** Returns the HTML of the page. */
  @Override
  public String toString() {
    return """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>%s</title>
    <style>
    %s</style></head>
    <body><h1>%s</h1>
    %s</body></html>
    """
        .formatted(escape(title), STYLE, escape(title), body);
  }
}
