import Foundation
import TestSupport
import Testing

/// A copy of a fixture checkpoint that a test changes; it goes away with the test.
final class EditedCheckpoint {
  private let temporary: TemporaryFolder
  let folder: URL

  init(copying name: String) throws {
    temporary = try TemporaryFolder()
    folder = temporary.url.appending(path: "checkpoint")
    try FileManager.default.copyItem(at: SharedFixtures.url("models/\(name)"), to: folder)
  }

  /// A name beside the checkpoint.
  func beside(_ name: String) -> URL { temporary.url.appending(path: name) }

  /// Changes a JSON object that the checkpoint has.
  func edit(_ file: String, _ change: (inout [String: Any]) -> Void) throws {
    let url = folder.appending(path: file)
    var object = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    change(&object)
    try JSONSerialization.data(withJSONObject: object).write(to: url)
  }

  /// Changes `llm_config` of config.json.
  func editLanguage(_ change: (inout [String: Any]) -> Void) throws {
    try edit("config.json") { root in
      var language = root["llm_config"] as? [String: Any] ?? [:]
      change(&language)
      root["llm_config"] = language
    }
  }

  /// Overwrites the first bytes of a tensor of model.safetensors.
  func overwrite(_ tensor: String, with bytes: [UInt8]) throws {
    let url = folder.appending(path: "model.safetensors")
    var data = try Data(contentsOf: url)
    let headerBytes = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      JSONSerialization.jsonObject(with: data[8..<8 + headerBytes]) as? [String: Any])
    let entry = try #require(header[tensor] as? [String: Any])
    let start = try #require((entry["data_offsets"] as? [Int])?.first) + 8 + headerBytes
    data.replaceSubrange(start..<start + bytes.count, with: bytes)
    try data.write(to: url)
  }
}
