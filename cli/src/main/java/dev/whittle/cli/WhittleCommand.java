package dev.whittle.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of the command line. */
@Command(
    name = "whittle",
    description = "Carves TensorFlow models down to the edge.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      ConvertCommand.class,
      TfliteConvertCommand.class,
      OptimizeCommand.class,
      RunCommand.class,
      InspectCommand.class,
      BenchCommand.class,
      EvaluateCommand.class,
      ClassifyCommand.class,
      ServeCommand.class,
      DoctorCommand.class,
      ExperimentCommand.class
    },
    footer = {
      "",
      "Options may be written with _ or -, and with = or a space before the value.",
      "Exit status: 0 done; 1 the model cannot be handled; 2 wrong usage or unreadable input."
    })
final class WhittleCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "what shall it do? Name a command");
    }
  }
}
