import Foundation
import Hub
import Registry
import Testing

@testable import InternVLCommand
@testable import Models

@Suite("Models on this machine")
struct ModelTests {
  /// A machine with 10 GB free and one model.
  private let catalog: ModelCatalog

  init() throws {
    catalog = ModelCatalog(
      registry: try Registry.builtIn(), hubs: .failure(.cancelled),
      freeMemory: { 10_000_000_000 },
      localFolder: { spec, _ in
        spec.name == "InternVL3-2B-AWQ" ? URL(filePath: "/models/2b-awq") : nil
      })
  }

  @Test("the table of models reads as recorded")
  func table() throws {
    let list = ModelList(catalog)
    try expectSnapshot(list.table, "list")
    try expectSnapshot(JSONText.line(list), "list-json")
  }

  @Test("one model's page reads as recorded")
  func details() throws {
    let family = catalog.registry.families[0]
    let spec = try #require(family.specs.first { $0.name == "InternVL3-9B-AWQ" })
    let row = ModelRow(
      spec, contextLength: family.contextLength, catalog: catalog, freeBytes: catalog.freeBytes)
    try expectSnapshot(
      ModelDetails(row: row, family: family, freeBytes: catalog.freeBytes).text, "show-9b-awq")
  }
}
