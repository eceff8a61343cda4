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
      (Data("{".utf8), "the file: is not JSON"),
      (Data("[]".utf8), "the file: the value: must be an object"),
      (Data("{}".utf8), "the file: key 'families': is missing"),
      (Data(#"{"familys": []}"#.utf8), "key 'familys': is not known"),
      (json(family: #""name": "", "context_length": 1"#), "key 'name': is empty"),
      (
        json(family: #""name": "Tuned""#),
        "family 'Tuned': key 'context_length': is missing"
      ),
      (
        json(family: #""name": "Tuned", "context_length": 0"#),
        "family 'Tuned': key 'context_length': is 0, but must be from 1"
      ),
      (
        json(family: #""name": "Tuned", "context_length": "long""#),
        "family 'Tuned': key 'context_length': must be a whole number"
      ),
      (
        json(family: #""name": "internvl3", "context_length": 1"#),
        "family 'internvl3': key 'name': a family of this name exists already"
      ),
      (
        json(spec: #""size_in_billions": -2, "format": "pytorch", "quantization": "none""#),
        "family 'Tuned', specs[0]: key 'size_in_billions': is -2.0, but must be above 0"
      ),
      (
        json(spec: #""size_in_billions": 2, "format": "gguf", "quantization": "none""#),
        "family 'Tuned', specs[0]: key 'format'"
      ),
      (
        json(spec: #""size_in_billions": 2, "format": "awq""#),
        "family 'Tuned', specs[0]: key 'quantization': is missing"
      ),
      (
        json(source: #""hubs": {}"#),
        "family 'Tuned', specs[0]: key 'hubs': name either 'hubs' with at least one hub"
      ),
      (
        json(source: #""hubs": {"huggingface": {"model_id": "nobody"}}"#),
        "family 'Tuned', specs[0], hubs, huggingface: key 'model_id': is 'nobody'"
      ),
      (
        json(source: #""hubs": {"huggingface": {"model_id": "../x"}}"#),
        "key 'model_id': is '../x'"
      ),
      (
        json(source: #""folder": "a", "shape": "2B""#),
        "family 'Tuned', specs[0]: key 'shape': 'shapes' has no entry '2B'"
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
        file: "/nowhere/own.json", reason: "no such file, or not allowed to read it")
    ) {
      var registry = try Registry.builtIn()
      try registry.add(contentsOf: URL(filePath: "/nowhere/own.json"))
    }
  }
}
