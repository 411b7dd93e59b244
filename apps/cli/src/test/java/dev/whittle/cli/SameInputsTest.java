package dev.whittle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whittle.json.Config;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The comparison of one model in forms whose inputs have other names, of renamed_cases.py. */
class SameInputsTest {
  private static final String FORMS = "../../quality/testdata/renamed/";

  @Test
  void matchesGeneratedNamesByCreationAndListedOnesByOrder() {
    CommandRun run =
        CommandRun.of(
            "evaluate",
            FORMS + "model.keras",
            FORMS + "exported",
            FORMS + "saved",
            "--data",
            FORMS + "samples.npz",
            "--json");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("other names"), run.err());
    List<Config> models =
        Config.parse(
                run.out().getBytes(StandardCharsets.UTF_8),
                "output",
                (message, cause) -> new IllegalStateException(message, cause))
            .objects("models");
    assertEquals(3, models.size());
    for (Config model : models) {
      assertEquals(0, model.real("relative_error", 1), 1e-6, model.string("model"));
    }
  }
}
