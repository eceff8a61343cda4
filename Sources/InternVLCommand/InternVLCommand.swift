import ArgumentParser

/// The command `internvl`.
struct InternVLCommand: ParsableCommand {
  static let release = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "internvl",
    abstract:
      "Runs the InternVL3, InternVL3.5 and InternVL2.5 vision-language models on an ordinary CPU.",
    discussion: """
      Answers go to standard output, everything else to standard error. The exit status is 0 when \
      done, 1 when failed, 2 when used wrongly, 3 when finished with failures and 130 when \
      interrupted.
      """,
    version: release,
    subcommands: [
      LaunchCommand.self, ServeCommand.self, BatchCommand.self, CaptionCommand.self,
      CaptionMergeCommand.self, PullCommand.self,
      CacheCommand.self, ConfigCommand.self,
      DemoCommand.self,
      ListCommand.self, ShowCommand.self, EnginesCommand.self, InspectCommand.self,
      BenchCommand.self,
    ])
}

extension InternVLCommand {
  /// The arguments, with `caption merge` as the one word that the parser takes it for: a command with
  /// paths cannot have subcommands.
  static var arguments: [String] {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.starts(with: ["caption", "merge"]) else { return arguments }
    return [CaptionMergeCommand.name] + arguments.dropFirst(2)
  }
}
