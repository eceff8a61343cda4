import Foundation
import Hub
import InternVL
import Registry
import Synchronization
import TestSupport
import Testing

@testable import Models

@Suite("Models are prepared")
struct ModelPreparationTests {
  private static let demo = SharedFixtures.projectRoot.appending(path: "demo/model")

  /// A machine with 10 GB free and one model, whose folder holds the demo's files.
  private func catalog(freeBytes: Int = 10_000_000_000) throws -> ModelCatalog {
    ModelCatalog(
      registry: try Registry.builtIn(), hubs: .failure(.cancelled), freeMemory: { freeBytes },
      localFolder: { spec, _ in spec.name == "InternVL3-2B-AWQ" ? Self.demo : nil })
  }

  /// What a request finds, and the specs that were chosen on the way, with the reasons.
  private func find(
    _ request: ModelRequest, freeBytes: Int = 10_000_000_000
  ) throws -> (found: FoundModel, chosen: [String]) {
    var chosen: [String] = []
    let preparation = ModelPreparation(
      request, catalog: try catalog(freeBytes: freeBytes),
      onEvent: {
        if case .chosen(let spec, let reasons) = $0 {
          chosen.append("\(spec.name): \(reasons.map(\.description).joined(separator: "; "))")
        }
      })
    return (try preparation.find(), chosen)
  }

  @Test("what was left out is told")
  func chosen() throws {
    let part = try find(ModelRequest(spec: SpecRequest(size: ModelSize(2))))
    #expect(
      part.found
        == .here(try ModelCheckpoint(name: "InternVL3-2B-AWQ", folder: Self.demo)))
    #expect(part.chosen == ["InternVL3-2B-AWQ: it is on this machine"])
    let full = SpecRequest(
      family: "InternVL3", size: ModelSize(2), format: .awq, quantization: "Int4")
    #expect(try find(ModelRequest(spec: full)).chosen.isEmpty)
  }

  @Test("a model that is not here is found at the hubs, with what the registry knows of it")
  func atHubs() throws {
    let found = try find(ModelRequest(spec: SpecRequest(size: ModelSize(78)))).found
    #expect(found.name == "InternVL3-78B-AWQ")
    #expect(found.configuration?.language.layers == 80)
    #expect(throws: ModelsError.tooManyPictures(32, tokens: 8192, context: 8192)) {
      try found.requireRoom(for: 32, contextLength: 8192)
    }
    try found.requireRoom(for: 31, contextLength: 8192)
  }

  @Test("a folder must be one, and hold a checkpoint")
  func folders() throws {
    #expect(throws: ModelsError.badFolder(path: "/nowhere", .missing)) {
      try find(ModelRequest(folder: "/nowhere"))
    }
    #expect(throws: ModelsError.badFolder(path: #filePath, .isFile)) {
      try find(ModelRequest(folder: #filePath))
    }
    let temporary = try TemporaryFolder()
    try temporary.write("", to: "model-Q4_K_M.gguf")
    let file = temporary.url.appending(path: "model-Q4_K_M.gguf").path
    for path in [file, temporary.url.path] {
      #expect(throws: ModelsError.badFolder(path: path, .gguf)) { try ModelCheckpoint(path: path) }
    }
    #expect(throws: ModelsError.badFolder(path: "/tmp", .noConfiguration)) {
      try find(ModelRequest(folder: "/tmp"))
    }
    #expect(throws: RegistryError.self) {
      try find(ModelRequest(spec: SpecRequest(size: ModelSize(3)), folder: "/tmp"))
    }
    let demo = try Registry.builtIn().request(named: "InternVL3-Demo")
    #expect(
      throws: ModelsError.missingFolder(
        path: "demo/model", model: "InternVL3-Demo", isOwn: false)
    ) { try find(ModelRequest(spec: demo)) }
  }

  @Test("a model that is too large is refused before anything is asked of a hub, unless forced")
  func tooLarge() throws {
    var request = ModelRequest(
      spec: SpecRequest(size: ModelSize(8), format: .pytorch, quantization: "none"))
    let error = #expect(throws: ModelsError.self) {
      try ModelPreparation(request, catalog: catalog()).run()
    }
    guard case .tooLarge(let shortage) = error else {
      Issue.record("\(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(shortage.model == "InternVL3-8B" && shortage.fittingModel == "InternVL3-9B-AWQ")
    #expect(shortage.fittingContext == nil)
    request.isForced = true
    // The catalog's hubs are not set up.
    #expect(throws: HubError.cancelled) {
      try ModelPreparation(request, catalog: catalog()).run()
    }
  }

  @Test("a folder is loaded, its weights are packed once, and cancelling ends that")
  func loads() throws {
    let folder = try TemporaryFolder()
    let request = ModelRequest(
      folder: Self.demo.path,
      options: ModelOptions(
        precision: .fast, threads: 1, packedWeights: folder.url.appending(path: "packed")))
    func packedShares() throws -> [Int] {
      var shares: [Int] = []
      let loaded = try ModelPreparation(
        request, catalog: catalog(),
        onEvent: {
          if case .packing(let done, let total) = $0 { shares.append(100 * done / total) }
        }
      ).run()
      #expect(loaded.name == "model" && loaded.model.precision == .fast)
      return shares
    }
    #expect(throws: ModelsError.cancelled) {
      try ModelPreparation(request, catalog: catalog(), isCancelled: { true }).run()
    }
    let first = try packedShares()
    #expect(first.first == 0 && first.last == 100)
    #expect(try packedShares() == [])
  }

  @Test("the program's data lies beside an installed binary, or in the project it was built in")
  func dataFolders() {
    #expect(
      DataFolders(executable: "/opt/x/bin/internvl").folders.map(\.path)
        == ["/opt/x/share/internvl"])
    #expect(
      DataFolders(executable: "/home/me/internvl/.build/x86/release/internvl")
        .folders.map(\.path).last == "/home/me/internvl")
    #expect(DataFolders(executable: nil).folders.isEmpty)
  }
}
