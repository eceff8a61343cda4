import Foundation
import Hub
import InternVL
import Registry
import TestSupport
import Testing

@testable import Models

/// The way from a request to a model, on a machine that has nothing yet.
@Suite(
  "Models are downloaded",
  .enabled(if: SharedFixtures.present && FakeHub.isPresent, "needs the fixtures and python3"))
struct ModelDownloadTests {
  private let checkpoint = SharedFixtures.url("models/qwen2-bf16")

  /// The events' names, each run of equal ones once.
  private static func names(_ events: [ModelEvent]) -> [String] {
    var names: [String] = []
    for event in events {
      let name = "\(event)".prefix { $0 != "(" }
      if names.last != String(name) { names.append(String(name)) }
    }
    return names
  }

  @Test("a model is downloaded once, and then found on this machine")
  func download() throws {
    let home = try TemporaryFolder()
    var files: [String: [String: String]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoint.path) {
      files[name] = ["file": checkpoint.appending(path: name).path]
    }
    _ = try FakeHub.shared.send(["do": "add", "id": "OpenGVLab/InternVL3-2B", "files": files])
    let address = "http://127.0.0.1:\(FakeHub.shared.hubPort)"
    let hubs = Result { () throws(HubError) in
      try HubSettings(environment: [
        "HOME": home.url.path, "HF_ENDPOINT": address, "MODELSCOPE_ENDPOINT": address,
        "NO_PROXY": "127.0.0.1",
      ])
    }
    let catalog = ModelCatalog(
      registry: try Registry.builtIn(), hubs: hubs, data: DataFolders(executable: nil))
    let request = ModelRequest(
      spec: SpecRequest(size: ModelSize(2), format: .pytorch),
      hub: HubSelection(source: .huggingface), options: ModelOptions(threads: 1), isForced: true)
    func events() throws -> [String] {
      var events: [ModelEvent] = []
      let loaded = try ModelPreparation(
        request, catalog: catalog, onEvent: { events.append($0) }
      ).run()
      #expect(loaded.name == "InternVL3-2B")
      return Self.names(events)
    }
    #expect(try events() == ["chosen", "asking", "downloading", "transfer", "downloaded"])
    #expect(try events() == ["chosen"])
    #expect(throws: ModelsError.notAtHub(nil, model: "InternVL3-Demo")) {
      let spec = try #require(catalog.registry.families.last?.specs.first)
      _ = try HubSelection().models(of: spec, preferred: nil)
    }
  }
}
