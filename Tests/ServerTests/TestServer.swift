import Foundation
import InternVL
import Logging
import TestSupport
import Testing

@testable import Models
@testable import Server

/// A server of the demo model on a free port of the loopback address.
struct TestServer {
  static let model = "InternVL3-Demo"
  static let contextLength = 1024

  let probe: HTTPProbe

  /// Runs a server while `body` asks it.
  static func with(
    _ settings: ServerSettings = ServerSettings(), parallel: Int = 8, queue: Int = 64,
    cacheLength: Int? = 8192, offers: [ModelOffer]? = nil,
    log: any LogHandler = SwiftLogNoOpLogHandler(),
    _ body: (HTTPProbe) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream<Int?>.makeStream()
    let pool = ModelPool(
      offers ?? [offer(parallel: parallel, cacheLength: cacheLength)], parallel: parallel,
      queue: queue)
    let server = try Server(
      settings, pool: pool, grace: .seconds(10),
      logger: Logger(label: "test") { _ in log },
      onRunning: { port in continuation.yield(port) })
    let run = Task {
      defer { continuation.finish() }
      try await server.run()
    }
    var iterator = ports.makeAsyncIterator()
    if let port = await iterator.next() ?? nil {
      do {
        try await body(HTTPProbe(port: port))
      } catch {
        await server.shutDown()
        throw error
      }
    }
    await server.shutDown()
    try await run.value
  }

  /// The demo model under some name.
  static func offer(
    _ name: String = model, folder: URL = folder, parallel: Int = 8, cacheLength: Int? = 8192,
    before: @escaping @Sendable () throws -> Void = {}
  ) -> ModelOffer {
    ModelOffer(name: name, contextLength: contextLength) { _ in
      try before()
      return LoadedModel(
        name: name, model: try loadModel(folder, parallel: parallel, cacheLength: cacheLength),
        loadSeconds: 0)
    }
  }

  /// The demo model's folder.
  static let folder = SharedFixtures.projectRoot.appending(path: "demo/model")

  static func loadModel(
    _ folder: URL = folder, parallel: Int, cacheLength: Int?
  ) throws -> VisionLanguageModel {
    try VisionLanguageModel(
      folder: folder,
      options: ModelOptions(
        threads: 2, contextLength: contextLength, sequences: parallel, cacheLength: cacheLength))
  }

  /// The file of a picture of the demo model.
  static func picture(_ name: String = "three-shapes.png") throws -> [UInt8] {
    let file = SharedFixtures.projectRoot.appending(path: "demo/pictures/\(name)")
    return Array(try Data(contentsOf: file))
  }

  /// A picture as clients send it.
  static func dataURL(_ name: String = "three-shapes.png") throws -> String {
    "data:image/png;base64," + Data(try picture(name)).base64EncodedString()
  }

  /// What the model says to a question about a picture, asked without a server.
  static func expected(
    _ question: String, picture name: String = "three-shapes.png",
    options: GenerationOptions = GenerationOptions(maxTokens: 24), folder: URL = folder
  ) throws -> Reply {
    let image = try Image(data: picture(name), name: name)
    let message = Message(role: .user, parts: [.image, .text("\n\(question)")])
    return try Scheduler(loadModel(folder, parallel: 1, cacheLength: nil)).reply(
      to: Conversation(messages: [message], images: [image]), options: options)
  }

  /// A chat request about a picture.
  static func chat(
    _ question: String, picture name: String = "three-shapes.png", _ more: String = ""
  ) throws -> String {
    """
    {"model": "\(model)", "max_tokens": 24, "messages": [{"role": "user", "content": [
      {"type": "image_url", "image_url": {"url": "\(try dataURL(name))"}},
      {"type": "text", "text": "\(question)"}]}]\(more.isEmpty ? "" : ", \(more)")}
    """
  }
}
