import Files
import Foundation
import JSON

/// How pictures are prepared, as transformers' layout writes it beside config.json.
///
/// `preprocessor_config.json`, or since version 5 a part of `processor_config.json`.
package struct ProcessorFile {
  private let image: JSONObject

  /// Reads the files of a checkpoint folder; nil where neither is there.
  init?(folder: URL) throws(JSONError) {
    if let file = try JSONObject(ifPresent: folder.appending(path: "preprocessor_config.json")) {
      image = file
    } else if let file = try JSONObject(ifPresent: folder.appending(path: "processor_config.json")),
      let part = try file.optionalObject("image_processor")
    {
      image = part
    } else {
      return nil
    }
  }

  /// How many tiles a picture is cut into, without its thumbnail; checks the rest.
  ///
  /// `crop_to_patches` is not looked at: the model's processor cuts whatever it says.
  func tiles(tileSize: Int) throws(JSONError) -> ClosedRange<Int> {
    if let size = try image.optionalObject("size") {
      for key in ["height", "width"] {
        guard try size.integer(key, in: 1...4096) == tileSize else {
          throw size.invalid(key, expected: "\(tileSize) as in config.json")
        }
      }
    }
    try requireImageNet("image_mean", [0.485, 0.456, 0.406])
    try requireImageNet("image_std", [0.229, 0.224, 0.225])
    let least = try image.integer("min_patches", in: 1...64, default: 1)
    return least...(try image.integer("max_patches", in: least...64, default: 12))
  }

  private func requireImageNet(_ key: String, _ expected: [Double]) throws(JSONError) {
    guard let values = try image.optionalArray(key) else { return }
    let isRight =
      values.count == expected.count
      && zip(values, expected).allSatisfy { value, expected in
        guard case .number(let number) = value else { return false }
        return abs(number - expected) < 1e-6
      }
    guard isRight else { throw image.invalid(key, expected: "\(expected)") }
  }
}

extension JSONObject {
  /// Reads a file that may be absent: nil when it is.
  init?(ifPresent url: URL) throws(JSONError) {
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
      return nil
    }
    try self.init(contentsOf: url)
  }
}
