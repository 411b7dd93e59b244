package dev.whittle.web;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A headless Chromium that a test controls. */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration TIMEOUT = Duration.ofSeconds(40);

  final ChromeDriver driver;

  /** Starts Chromium; skips the test if there is no Chromium or no page. */
  Browser(int width, int height) {
    Assumptions.assumeTrue(Page.isBuilt(), "built without the page");
    Assumptions.assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "install the packages chromium and chromium-driver to run the browser tests");
    var options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        "--force-device-scale-factor=1",
        "--window-size=%d,%d".formatted(width, height));
    options.setExperimentalOption("prefs", Map.of("intl.accept_languages", "en"));
    var logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    var service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
    driver = new ChromeDriver(service, options);
    // The minimum width of a window is larger than that of a phone.
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  WebElement find(String selector) {
    return driver.findElement(By.cssSelector(selector));
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** Waits until a condition in JavaScript holds. */
  void await(String condition) {
    new WebDriverWait(driver, TIMEOUT)
        .withMessage(() -> condition + "; the page says: " + find("body").getText())
        .until(d -> Boolean.TRUE.equals(driver.executeScript("return Boolean(" + condition + ")")));
  }

  /** Clicks an element, even if a sticky button covers it. */
  void click(String selector) {
    driver.executeScript("document.querySelector(arguments[0]).click()", selector);
  }

  void choose(String model) {
    await("document.querySelector('.card input[value=\"" + model + "\"]')");
    click(".card input[value='" + model + "']");
  }

  void upload(Path file) {
    find("#file").sendKeys(file.toAbsolutePath().normalize().toString());
  }

  /** Returns the labels of a result, the likeliest first. */
  List<String> labels(int result) {
    return all(".result:nth-of-type(" + (result + 1) + ") li b").stream()
        .map(WebElement::getText)
        .toList();
  }

  List<String> scores(int result) {
    return all(".result:nth-of-type(" + (result + 1) + ") li span").stream()
        .map(WebElement::getText)
        .toList();
  }

  /** Classifies and waits for the result. */
  void classify() {
    tryToClassify();
    WebElement problem = find("#problem");
    Assertions.assertFalse(problem.isDisplayed(), problem::getText);
  }

  /** Classifies and waits for the result or for an error message. */
  void tryToClassify() {
    driver.executeScript("document.getElementById('results').replaceChildren()");
    await("!document.getElementById('classify').disabled");
    click("#classify");
    await("document.querySelector('.result') || !document.getElementById('problem').hidden");
    await("document.getElementById('classify').textContent === 'Classify Image'");
  }

  /**
   * Returns the errors in the console since the last call. The TensorFlow Lite runtime logs its
   * information and warnings as errors; they are left out.
   */
  List<String> errors() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
        .map(entry -> entry.getMessage())
        .filter(message -> !message.contains("INFO: ") && !message.contains("WARNING: "))
        .toList();
  }

  void screenshot(String name) throws IOException {
    Path folder = Files.createDirectories(Path.of("target", "screenshots"));
    Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
