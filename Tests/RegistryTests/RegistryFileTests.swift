import Files
import Foundation
import Testing

@testable import Registry

@Suite("Registry files of the user's own")
struct RegistryFileTests {
  /// A valid file with one family; `spec` and `family` take the place of its parts.
  private func json(
    spec: String = #""size_in_billions": 2, "format": "pytorch", "quantization": "none""#,
    source: String = #""folder": "tuned""#,
    family: String = #""name": "Tuned", "context_length": 4096"#
  ) -> Data {
    Data(
      """
      {"families": [{\(family), "languages": ["en"], "abilities": ["chat"],
      "description": "A fine-tune.", "specs": [{\(spec), \(source)}]}]}
      """.utf8)
  }

  private func problem(_ json: Data) -> String {
    do {
      var registry = try Registry.builtIn()
      try registry.add(json: json, file: "own.json", folder: URL(filePath: "/models"))
      return "none"
    } catch {
      return error.description
    }
  }

  @Test("a file adds its families to the built-in ones")
  func adds() throws {
    var registry = try Registry.builtIn()
    let base = URL(filePath: "/models")
    try registry.add(json: json(), file: "own.json", folder: base)
    let family = try #require(registry.families.last)
    #expect(family.name == "Tuned")
    #expect(family.specs[0].source == .folder("tuned", base: base))
    #expect(try registry.request(named: "tuned-2b").family == "Tuned")
  }

  @Test("faulty files are refused with the entry and the key")
  func faults() {
    let cases: [(Data, String)] = [
      (Data("{".utf8), "it is not the JSON it should be: it ends in the middle at byte 1"),
      (Data("[]".utf8), "it is not the JSON it should be: something else than an object"),
      (Data("{}".utf8), "families is missing; expected a list of objects"),
      (
        Data(#"{"familys": []}"#.utf8),
        "familys means nothing here; known are vision_towers, shapes, families"
      ),
      (
        json(family: #""name": "", "context_length": 1"#),
        "families[0].name is \"\"; expected a text that is not empty"
      ),
      (
        json(family: #""name": "Tuned""#),
        "families[0].context_length is missing; expected 1…16777216"
      ),
      (
        json(family: #""name": "Tuned", "context_length": 0"#),
        "families[0].context_length is 0; expected 1…16777216"
      ),
      (
        json(family: #""name": "Tuned", "context_length": "long""#),
        "families[0].context_length is \"long\"; expected 1…16777216"
      ),
      (
        json(family: #""name": "internvl3", "context_length": 1"#),
        "families[0].name is \"internvl3\"; expected a name that no other family has"
      ),
      (
        json(spec: #""size_in_billions": -2, "format": "pytorch", "quantization": "none""#),
        "families[0].specs[0].size_in_billions is -2; expected 0.0…1000000.0"
      ),
      (
        json(spec: #""size_in_billions": 2, "format": "gguf", "quantization": "none""#),
        "families[0].specs[0].format is \"gguf\"; expected pytorch or awq"
      ),
      (
        json(spec: #""size_in_billions": 2, "format": "awq""#),
        "families[0].specs[0].quantization is missing; expected a string"
      ),
      (
        json(source: #""hubs": {}"#),
        "families[0].specs[0].hubs is an object of 0; expected at least one hub"
      ),
      (
        json(source: #""hubs": {"huggingface": {"model_id": "nobody"}}"#),
        "families[0].specs[0].hubs.huggingface.model_id is \"nobody\"; expected an owner"
      ),
      (
        json(source: #""hubs": {"huggingface": {"model_id": "../x"}}"#),
        "model_id is \"../x\""
      ),
      (
        json(source: #""folder": "a", "shape": "2B""#),
        "families[0].specs[0].shape is \"2B\"; expected one of the 'shapes'"
      ),
    ]
    for (json, expected) in cases {
      let problem = problem(json)
      #expect(problem.hasPrefix("the registry 'own.json' is not valid: "))
      #expect(problem.contains(expected), "\(problem)")
    }
  }

  @Test("a file that is not there is named")
  func missingFile() {
    #expect(
      throws: RegistryError.unreadable(
        FileError(.open, "/nowhere/own.json", .system(code: ENOENT)))
    ) {
      var registry = try Registry.builtIn()
      try registry.add(contentsOf: URL(filePath: "/nowhere/own.json"))
    }
  }
}
