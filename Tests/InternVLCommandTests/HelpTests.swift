import ArgumentParser
import Testing

@testable import InternVLCommand

@Suite("Help pages")
struct HelpTests {
  @Test(
    "every help page reads as recorded",
    arguments: [
      "internvl", "launch", "serve", "batch", "caption", "caption-merge", "demo", "list", "show",
      "engines",
      "inspect", "inspect-checkpoint", "inspect-tokens", "inspect-image", "inspect-schema", "bench",
      "pull", "cache", "cache-list", "cache-verify",
      "cache-repair", "cache-remove", "cache-path", "config",
    ])
  func pages(name: String) throws {
    let commands: [String: any ParsableCommand.Type] = [
      "internvl": InternVLCommand.self, "launch": LaunchCommand.self,
      "serve": ServeCommand.self, "batch": BatchCommand.self,
      "caption": CaptionCommand.self, "caption-merge": CaptionMergeCommand.self,
      "demo": DemoCommand.self, "list": ListCommand.self,
      "show": ShowCommand.self,
      "engines": EnginesCommand.self, "inspect": InspectCommand.self,
      "inspect-checkpoint": InspectCheckpointCommand.self,
      "inspect-tokens": InspectTokensCommand.self, "inspect-image": InspectImageCommand.self,
      "inspect-schema": InspectSchemaCommand.self,
      "bench": BenchCommand.self, "pull": PullCommand.self, "cache": CacheCommand.self,
      "cache-list": CacheListCommand.self, "cache-verify": CacheVerifyCommand.self,
      "cache-repair": CacheRepairCommand.self, "cache-remove": CacheRemoveCommand.self,
      "cache-path": CachePathCommand.self, "config": ConfigCommand.self,
    ]
    let command = try #require(commands[name])
    try expectSnapshot(
      InternVLCommand.helpMessage(for: command, columns: 80) + "\n", "help-\(name)")
  }

  @Test("the chat's help reads as recorded")
  func chat() throws {
    try expectSnapshot(ChatCommand.helpText + "\n", "help-chat")
  }
}
