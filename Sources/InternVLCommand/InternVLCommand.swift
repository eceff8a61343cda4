import ArgumentParser

/// The command `internvl`.
struct InternVLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "internvl",
    abstract: "Runs the InternVL3 vision-language models on an ordinary CPU.",
    discussion: """
      Answers go to standard output, everything else to standard error. The exit status is 0 when \
      done, 1 when failed, 2 when used wrongly and 130 when interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      LaunchCommand.self, CaptionCommand.self, PullCommand.self, CacheCommand.self,
      DemoCommand.self,
      ListCommand.self, ShowCommand.self, InspectCommand.self, BenchCommand.self,
    ])
}
