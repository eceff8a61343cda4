import ArgumentParser

/// `internvl inspect`: looks into checkpoints, tokenizers and pictures.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Looks into a checkpoint, a tokenizer or a picture.",
    subcommands: [
      InspectCheckpointCommand.self, InspectTokensCommand.self, InspectImageCommand.self,
    ])
}
