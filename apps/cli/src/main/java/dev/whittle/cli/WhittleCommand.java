package dev.whittle.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of the command line. */
@Command(
    name = "whittle",
    description = "Converts, optimizes, runs and serves TensorFlow Lite models.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footer = {
      "",
      "Options may be written with _ or -, and with = or a space before the value.",
      "Exit status: 0 success; 1 the model cannot be handled; 2 wrong usage or unreadable input."
    })
final class WhittleCommand implements Runnable {
  /** The subcommands by name, in the order of the help. */
  static final Map<String, Supplier<Object>> SUBCOMMANDS = subcommands();

  @Spec private @Nullable CommandSpec spec;

  private static Map<String, Supplier<Object>> subcommands() {
    Map<String, Supplier<Object>> all = new LinkedHashMap<>();
    all.put("convert", ConvertCommand::new);
    all.put("tflite_convert", TfliteConvertCommand::new);
    all.put("optimize", OptimizeCommand::new);
    all.put("run", RunCommand::new);
    all.put("inspect", InspectCommand::new);
    all.put("bench", BenchCommand::new);
    all.put("evaluate", EvaluateCommand::new);
    all.put("classify", ClassifyCommand::new);
    all.put(ServeCommand.NAME, ServeCommand::new);
    all.put("doctor", DoctorCommand::new);
    all.put(ExperimentCommand.NAME, ExperimentCommand::new);
    return all;
  }

  /**
   * Returns a parser for arguments. If they begin with the name of a command, the parser has this
   * command only: reading the options of all commands takes most of the start-up time.
   */
  static CommandLine parser(String... arguments) {
    var parser = new CommandLine(new WhittleCommand());
    Supplier<Object> named = arguments.length == 0 ? null : SUBCOMMANDS.get(arguments[0]);
    if (named == null) {
      SUBCOMMANDS.forEach((name, command) -> parser.addSubcommand(name, command.get()));
    } else {
      parser.addSubcommand(arguments[0], named.get());
    }
    return parser;
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "no command; expected the name of one");
    }
  }
}
