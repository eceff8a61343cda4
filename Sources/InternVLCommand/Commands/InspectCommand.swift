import ArgumentParser

/// `internvl inspect`: looks into checkpoints, tokenizers, pictures and schemas.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Looks into a checkpoint, a tokenizer, a picture or a schema.",
    subcommands: [
      InspectCheckpointCommand.self, InspectTokensCommand.self, InspectImageCommand.self,
      InspectSchemaCommand.self,
    ])
}
