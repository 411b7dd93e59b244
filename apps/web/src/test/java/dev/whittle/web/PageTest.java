package dev.whittle.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;

/** The page in a real browser. */
class PageTest {
  private static final Path DATA = Path.of("..", "..", "quality", "testdata", "vision");
  private static final String MOBILE_NET = "mobilenet_v2_1.0_224_quant";

  @TempDir private static Path models;
  private static ClassifierServer server;

  @BeforeAll
  static void serve() throws IOException {
    Files.copy(DATA.resolve(MOBILE_NET + ".tflite"), models.resolve(MOBILE_NET + ".tflite"));
    server = new ClassifierServer(ServerOptions.DEFAULT.with("127.0.0.1", 0, models));
    server.start();
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  private static Browser open(int width, int height) {
    var browser = new Browser(width, height);
    browser.driver.get(server.address().toString());
    browser.await("document.querySelectorAll('.card').length >= 3");
    return browser;
  }

  @Test
  void classifiesAlikeOnTheServerAndOnTheDevice() throws IOException {
    try (Browser browser = open(1280, 900)) {
      browser.choose(MOBILE_NET);
      List<List<String>> expected =
          List.of(
              List.of("cat.jpg", "Egyptian cat"),
              List.of("grace_hopper.jpg", "military uniform"),
              List.of("sunflower.jpg", "daisy"));
      for (List<String> pair : expected) {
        browser.click("input[value=server]");
        browser.upload(DATA.resolve(pair.getFirst()));
        browser.await(
            "document.getElementById('view').ariaLabel.startsWith('" + pair.getFirst() + "')");
        browser.classify();
        List<String> onServer = browser.labels(0);
        List<String> scores = browser.scores(0);
        assertEquals(pair.getLast(), onServer.getFirst());
        assertEquals(3, onServer.size());
        browser.click("input[value=device]");
        browser.classify();
        assertEquals(onServer.getFirst(), browser.labels(0).getFirst(), "on the device");
        // The 8-bit kernels of the two runtimes differ by some steps of 1/256.
        double difference =
            Math.abs(percent(scores.getFirst()) - percent(browser.scores(0).getFirst()));
        assertTrue(difference < 6, scores + " and " + browser.scores(0));
      }
      browser.screenshot("desktop-device");
      assertEquals(List.of(), browser.errors());
      assertEquals(6, browser.all("#history li").size());
    }
  }

  private static double percent(String text) {
    return Double.parseDouble(text.replace(" %", ""));
  }

  @Test
  void comparesTwoClassifiersOnADrawnDigit() throws IOException {
    try (Browser browser = open(1280, 900)) {
      browser.choose("digits-float32");
      browser.driver.executeScript(
          "const s = document.getElementById('other'); s.value = 'digits-int8';"
              + " s.dispatchEvent(new Event('change'))");
      browser.click("#draw");
      var view = browser.find("#view");
      Dimension size = view.getSize();
      // A seven.
      new Actions(browser.driver)
          .moveToElement(view, -size.width / 5, -size.height / 4)
          .clickAndHold()
          .moveToElement(view, size.width / 5, -size.height / 4)
          .moveToElement(view, 0, size.height / 4)
          .release()
          .perform();
      for (String location : List.of("server", "device")) {
        browser.click("input[value=" + location + "]");
        browser.classify();
        assertEquals("7", browser.labels(0).getFirst(), location);
        assertEquals("7", browser.labels(1).getFirst(), location);
        String verdict = browser.find(".verdict").getText();
        assertTrue(verdict.contains("Both say the same"), verdict);
        assertTrue(verdict.contains("Digits, 8 bits is 3.7 times smaller"), verdict);
      }
      browser.screenshot("desktop-compare");
      assertEquals(List.of(), browser.errors());
    }
  }

  @Test
  void cropsAndClassifiesOnAPhone() throws IOException {
    try (Browser browser = open(390, 844)) {
      browser.screenshot("phone-empty");
      Object width = browser.driver.executeScript("return document.documentElement.scrollWidth");
      assertEquals(390L, width, "nothing is wider than the phone");
      browser.choose(MOBILE_NET);
      browser.click("#samples button:nth-child(1)");
      browser.await("document.getElementById('view').ariaLabel.startsWith('Cat')");
      var view = browser.find("#view");
      view.sendKeys("+++");
      view.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN);
      String moved = view.getDomAttribute("aria-label");
      assertTrue(moved != null && moved.contains("zoomed 1.5 times"), moved);
      view.sendKeys("r");
      browser.click("#zoom-out");
      view.sendKeys("0");
      assertEquals("Cat.", view.getDomAttribute("aria-label"));
      new Actions(browser.driver)
          .moveToElement(view)
          .clickAndHold()
          .moveByOffset(40, 0)
          .release()
          .perform();
      browser.classify();
      assertTrue(browser.labels(0).getFirst().contains("cat"), browser.labels(0).toString());
      browser.screenshot("phone-result");
      browser.click("#camera");
      browser.await("!document.getElementById('shutter-row').hidden");
      browser.click("#shutter");
      browser.await("document.getElementById('view').ariaLabel.startsWith('A photo')");
      browser.classify();
      assertEquals(3, browser.labels(0).size());
      browser.driver.executeScript("scrollTo(0, document.body.scrollHeight)");
      browser.screenshot("phone-history");
      assertEquals(List.of(), browser.errors());
    }
  }

  private static final String DROP_OR_PASTE =
      """
      const [event, name] = arguments;
      fetch('/samples/cat.jpg').then((response) => response.blob()).then((blob) => {
        const data = new DataTransfer();
        data.items.add(new File([blob], name, {type: 'image/jpeg'}));
        document.dispatchEvent(event === 'drop'
            ? new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})
            : new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
      });
      """;

  @Test
  void acceptsDroppedAndPastedImagesAndPinching() {
    try (Browser browser = open(390, 844)) {
      for (String event : List.of("drop", "paste")) {
        browser.driver.executeScript(DROP_OR_PASTE, event, event + ".jpg");
        browser.await("document.getElementById('view').ariaLabel.startsWith('" + event + ".jpg')");
      }
      browser.driver.executeCdpCommand(
          "Emulation.setTouchEmulationEnabled", Map.of("enabled", true, "maxTouchPoints", 2));
      touch(browser, "touchStart", 40);
      touch(browser, "touchMove", 60);
      touch(browser, "touchMove", 80);
      browser.driver.executeCdpCommand(
          "Input.dispatchTouchEvent", Map.of("type", "touchEnd", "touchPoints", List.of()));
      browser.await("document.getElementById('view').ariaLabel.includes('zoomed 2.0 times')");
    }
  }

  /** Touches with two fingers, each {@code distance} pixels from the center of the square. */
  private static void touch(Browser browser, String type, int distance) {
    var middle = browser.find("#view").getRect();
    int x = middle.x + middle.width / 2;
    int y = middle.y + middle.height / 2;
    browser.driver.executeCdpCommand(
        "Input.dispatchTouchEvent",
        Map.of(
            "type",
            type,
            "touchPoints",
            List.of(
                Map.of("x", x - distance, "y", y, "id", 1),
                Map.of("x", x + distance, "y", y, "id", 2))));
  }

  /** Checked by axe-core, which has the rules of the WCAG that can be checked automatically. */
  @Test
  void hasNoAccessibilityViolations() throws IOException {
    Path axe = Path.of("target", "frontend", "node_modules", "axe-core", "axe.min.js");
    for (String scheme : List.of("light", "dark")) {
      try (Browser browser = open(1280, 900)) {
        browser.driver.executeCdpCommand(
            "Emulation.setEmulatedMedia",
            Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        browser.click("#samples button:nth-child(4)");
        browser.await("document.getElementById('view').ariaLabel.startsWith('Handwritten')");
        browser.choose("digits-int8");
        browser.classify();
        browser.driver.executeScript(Files.readString(axe));
        Object violations =
            browser.driver.executeAsyncScript(
                """
                const done = arguments[arguments.length - 1];
                axe.run().then((found) => done(found.violations.map(
                    (v) => v.id + ': ' + v.nodes.map((n) => n.target + ' ' + n.failureSummary).join('; '))));
                """);
        assertEquals(List.of(), violations, scheme);
      }
    }
  }

  @Test
  void followsTheDarkColorScheme() throws IOException {
    try (Browser browser = open(390, 844)) {
      browser.driver.executeCdpCommand(
          "Emulation.setEmulatedMedia",
          Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", "dark"))));
      browser.click("#samples button:nth-child(4)");
      browser.await("document.getElementById('view').ariaLabel.startsWith('Handwritten')");
      browser.choose("digits-int8");
      browser.classify();
      assertEquals("7", browser.labels(0).getFirst());
      browser.screenshot("phone-dark");
      Object background =
          browser.driver.executeScript(
              "return getComputedStyle(document.documentElement).backgroundColor");
      assertEquals("rgb(21, 23, 26)", background);
    }
  }

  @Test
  void rejectsInvalidAndTooLargeFilesAndKeepsTheImage() throws IOException {
    try (Browser browser = open(1280, 900)) {
      browser.click("#samples button:nth-child(3)");
      browser.await("document.getElementById('view').ariaLabel.startsWith('Sunflower')");
      Path text = models.resolve("no-image.jpg");
      Files.writeString(text, "This is no image.");
      browser.upload(text);
      browser.await("!document.getElementById('problem').hidden");
      assertTrue(browser.find("#problem").getText().contains("is not an image"));
      Path bomb = models.resolve("bomb.png");
      Files.write(bomb, png(10_000, 5_000));
      browser.upload(bomb);
      browser.await("document.getElementById('problem').textContent.includes('50 million pixels')");
      browser.screenshot("desktop-problem");
      browser.choose(MOBILE_NET);
      browser.classify();
      assertEquals("daisy", browser.labels(0).getFirst());
      assertFalse(browser.find("#problem").isDisplayed());
    }
  }

  /** Returns a PNG file of black pixels, which is small for its dimensions. */
  static byte[] png(int width, int height) throws IOException {
    var header = new ByteArrayOutputStream();
    header.writeBytes(number(width));
    header.writeBytes(number(height));
    header.writeBytes(new byte[] {8, 0, 0, 0, 0});
    var data = new ByteArrayOutputStream();
    try (var deflater = new DeflaterOutputStream(data)) {
      byte[] line = new byte[1 + width];
      for (int y = 0; y < height; y++) {
        deflater.write(line);
      }
    }
    var png = new ByteArrayOutputStream();
    png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    chunk(png, "IHDR", header.toByteArray());
    chunk(png, "IDAT", data.toByteArray());
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String name, byte[] data) {
    byte[] type = name.getBytes(StandardCharsets.US_ASCII);
    var checksum = new CRC32();
    checksum.update(type);
    checksum.update(data);
    png.writeBytes(number(data.length));
    png.writeBytes(type);
    png.writeBytes(data);
    png.writeBytes(number((int) checksum.getValue()));
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  @Test
  void classifiesOfflineOnceInstalled() throws IOException {
    var own = new ClassifierServer(ServerOptions.DEFAULT.with("127.0.0.1", 0, models));
    own.start();
    try (Browser browser = new Browser(390, 844)) {
      browser.driver.get(own.address().toString());
      browser.await("navigator.serviceWorker.controller");
      browser.choose(MOBILE_NET);
      browser.click("input[value=device]");
      browser.click("#samples button:nth-child(1)");
      browser.await("document.getElementById('view').ariaLabel.startsWith('Cat')");
      browser.classify();
      assertTrue(browser.labels(0).getFirst().contains("cat"), browser.labels(0).toString());
      own.close();
      browser.driver.navigate().refresh();
      browser.choose(MOBILE_NET);
      browser.click("input[value=device]");
      browser.click("#samples button:nth-child(3)");
      browser.await("document.getElementById('view').ariaLabel.startsWith('Sunflower')");
      browser.classify();
      assertEquals("daisy", browser.labels(0).getFirst());
      browser.screenshot("phone-offline");
      browser.click("input[value=server]");
      browser.tryToClassify();
      assertTrue(browser.find("#problem").getText().contains("does not answer"));
    } finally {
      own.close();
    }
  }
}
