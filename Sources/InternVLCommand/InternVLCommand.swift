import ArgumentParser

@main
struct InternVLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "internvl",
    abstract: "Runs the InternVL3 vision-language models on an ordinary CPU.",
    subcommands: [BenchCommand.self])
}
