import Foundation
import InternVL
import Registry
import Testing

@testable import InternVLCommand

@Suite("Models on this machine")
struct ModelTests {
  /// A machine with 10 GB free and one model.
  private let machine = Machine(
    freeBytes: 10_000_000_000,
    folder: { $0.name == "InternVL3-2B-AWQ" ? URL(filePath: "/models/2b-awq") : nil })

  private func find(
    _ request: SpecRequest, path: String? = nil
  ) throws -> (model: SelectedModel, said: [String]) {
    var said: [String] = []
    let model = try SelectedModel.find(
      request: request, path: path, registry: Registry.builtIn(), machine: machine,
      contextLength: 8192, say: { said.append($0) })
    return (model, said)
  }

  @Test("the table of models reads as recorded")
  func table() throws {
    let list = ModelList(families: try Registry.builtIn().families, machine: machine)
    try expectSnapshot(list.table, "list")
    try expectSnapshot(JSONText.line(list), "list-json")
  }

  @Test("one model's page reads as recorded")
  func details() throws {
    let family = try Registry.builtIn().families[0]
    let spec = try #require(family.specs.first { $0.name == "InternVL3-9B-AWQ" })
    let row = ModelRow(spec, contextLength: family.contextLength, machine: machine)
    try expectSnapshot(
      ModelDetails(row: row, family: family, machine: machine).text, "show-9b-awq")
  }

  @Test("what was left out is said in one line")
  func said() throws {
    let found = try find(SpecRequest(size: ModelSize(2)))
    #expect(
      found.model
        == SelectedModel(name: "InternVL3-2B-AWQ", folder: URL(filePath: "/models/2b-awq")))
    #expect(
      found.said == [
        "using InternVL3-2B-AWQ (size 2, format awq, quantization Int4): it is on this machine"
      ])
    let full = try find(
      SpecRequest(
        family: "InternVL3", size: ModelSize(2), format: .awq, quantization: "Int4"))
    #expect(full.said.isEmpty)
  }

  @Test("a model that is not here is an error that says what to do")
  func notHere() throws {
    do {
      _ = try find(SpecRequest(size: ModelSize(78)))
      Issue.record("found")
    } catch let error as CommandError {
      #expect(error.description.contains("InternVL3-78B-AWQ is not on this machine"))
      #expect(error.description.contains("internvl pull InternVL3-78B-AWQ"))
    }
  }

  @Test("a folder must be one, and hold a checkpoint")
  func folders() throws {
    #expect(throws: CommandError.file(path: "/nowhere", reason: "there is no such folder")) {
      try find(SpecRequest(), path: "/nowhere")
    }
    #expect(throws: CommandError.self) { try find(SpecRequest(), path: #filePath) }
    #expect(throws: CommandError.self) { try find(SpecRequest(), path: "/tmp") }
    #expect(throws: RegistryError.self) { try find(SpecRequest(size: ModelSize(3)), path: "/tmp") }
  }

  @Test("free memory is read from the system's tables")
  func freeMemory() {
    let meminfo = "MemTotal:       24000 kB\nMemAvailable:   12345 kB\n"
    #expect(FreeMemory.available(meminfo: meminfo) == 12345 * 1024)
    #expect(FreeMemory.available(meminfo: "") == nil)
    #expect(FreeMemory.left(limit: "max\n", used: "5\n", statistics: nil) == nil)
    #expect(
      FreeMemory.left(limit: "1000\n", used: "600\n", statistics: "anon 500\ninactive_file 100\n")
        == 500)
    #expect(FreeMemory.left(limit: "1000\n", used: "1600\n", statistics: "") == 0)
  }

  @Test("the program's data lies beside an installed binary, or in the project it was built in")
  func dataFolders() {
    #expect(
      InstalledModels.dataFolders(executable: "/opt/x/bin/internvl").map(\.path)
        == ["/opt/x/share/internvl"])
    #expect(
      InstalledModels.dataFolders(executable: "/home/me/internvl/.build/x86/release/internvl")
        .map(\.path).last == "/home/me/internvl")
  }
}
