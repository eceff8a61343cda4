import ArgumentParser
import Foundation
import InternVL
import Models
import Registry

/// `internvl demo`: the bundled model describes a picture.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Describes a picture with the small model that comes with the program.",
    discussion: """
      The demo model knows drawn scenes of coloured shapes only. To ask it more, use it as any \
      other: internvl launch InternVL3-Demo --image scene.png
      """)

  /// The bundled picture that is described when none is named.
  private static let picture = "demo/pictures/three-shapes.png"

  @Argument(
    help: "A picture of a drawn scene. (default: a bundled one)", completion: .file())
  var image: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The question.", valueName: "text"))
  var prompt = "Describe the picture."

  func run() throws {
    guard
      let picture = image.map({ URL(filePath: $0) })
        ?? DataFolders.current.file(Self.picture)
    else {
      throw CommandError.noDemoPicture(path: Self.picture)
    }
    let image = try PictureInput().read(.file(picture, page: 0))
    let registry = try Registry.builtIn()
    let preparation = ModelPreparation(
      reporting: ModelRequest(
        spec: try registry.request(named: "InternVL3-Demo"), isForced: true),
      catalog: ModelCatalog(registry))
    let checkpoint = try preparation.fetch(preparation.find())
    StandardError.say("\(checkpoint.name) looks at \(picture.path) and is asked: \(prompt)")
    let answering = Answering(
      loaded: try Interrupts.cancellable { try preparation.load(checkpoint) },
      options: GenerationOptions(), isVerbose: false)
    try answering.answerOnce(
      Conversation(messages: [Message(role: .user, content: prompt)], images: [image]),
      asJSON: false, dump: nil)
  }
}
