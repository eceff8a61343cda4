package import Checkpoint
package import Foundation
package import JSON

/// What config.json of an InternVL3 checkpoint says, checked.
///
/// Every number that the runtime uses comes from here or from the tokenizer's files; nothing is
/// fixed per model size.
public struct Configuration: Sendable, Equatable {
  /// How a checkpoint's files are laid out, by the class name in `architectures`.
  enum Layout: String, CaseIterable {
    /// As OpenGVLab's repositories are.
    case openGVLab = "InternVLChatModel"
  }

  /// The vision tower (InternViT).
  public let vision: VisionConfiguration
  /// The language model.
  public let language: LanguageConfiguration
  /// Side of a tile in pixels (`force_image_size`).
  public let tileSize: Int
  /// How many patches a side are joined into one image token (1 / `downsample_ratio`).
  public let patchesPerTokenSide: Int
  /// Smallest number of tiles an image is cut into (`min_dynamic_patch`).
  public let minimumTiles: Int
  /// Largest number of tiles an image is cut into, without the thumbnail (`max_dynamic_patch`).
  public let maximumTiles: Int
  /// Whether a picture of several tiles is followed by itself as one small tile.
  public let usesThumbnail: Bool
  /// The system message that config.json brings; nil means the template's own.
  public let systemMessage: String?

  /// Image tokens that one tile becomes: (448 / 14)² · 0.5² = 256 in the published models.
  public var tokensPerTile: Int {
    let side = vision.patchesPerSide / patchesPerTokenSide
    return side * side
  }

  /// Width of the patches that are joined into one image token.
  var joinedPatchWidth: Int { vision.hidden * patchesPerTokenSide * patchesPerTokenSide }

  /// Tiles that a picture is cut into at most, its thumbnail included.
  ///
  /// `limit` replaces the model's own maximum.
  package func mostTiles(limit: Int?) -> Int {
    let most = limit ?? maximumTiles
    return most + (usesThumbnail && most > 1 ? 1 : 0)
  }

  /// A configuration with the published models' image handling: 2 × 2 patches a token, 1 to 12 tiles
  /// and a thumbnail.
  package init(vision: VisionConfiguration, language: LanguageConfiguration) {
    self.vision = vision
    self.language = language
    tileSize = vision.imageSize
    patchesPerTokenSide = 2
    minimumTiles = 1
    maximumTiles = 12
    usesThumbnail = true
    systemMessage = nil
  }

  /// Reads and checks config.json of a checkpoint folder.
  ///
  /// - Throws: `CheckpointError.json`, naming the key, what it holds and what is supported.
  package init(folder: URL) throws(CheckpointError) {
    do throws(JSONError) {
      try self.init(JSONObject(contentsOf: folder.appending(path: "config.json")))
    } catch {
      throw .json(error)
    }
  }

  /// Checks what config.json holds.
  package init(_ root: JSONObject) throws(JSONError) {
    let _: Layout = try root.choice("architectures")
    try root.require("ps_version", equals: "v2")
    try root.require("template", equals: "internvl2_5", whenAbsent: true)
    _ = try root.integer("select_layer", in: -1 ... -1, default: -1)
    guard try !root.bool("flash_mode", default: false) else {
      throw root.invalid("flash_mode", expected: "false: of this model take the one without -Flash")
    }
    vision = try VisionConfiguration(root.object("vision_config"))
    language = try LanguageConfiguration(root.object("llm_config"), top: root)
    tileSize = try root.integer("force_image_size", in: 1...4096, default: vision.imageSize)
    guard tileSize == vision.imageSize else {
      throw root.invalid("force_image_size", expected: "vision_config.image_size")
    }
    patchesPerTokenSide = try Self.patchesPerTokenSide(root, grid: vision.patchesPerSide)
    let isDynamic = try root.bool("dynamic_image_size", default: true)
    minimumTiles =
      isDynamic ? try root.integer("min_dynamic_patch", in: 1...64, default: 1) : 1
    maximumTiles =
      isDynamic ? try root.integer("max_dynamic_patch", in: minimumTiles...64, default: 12) : 1
    usesThumbnail = try root.bool("use_thumbnail", default: true)
    systemMessage = try root.optionalString("system_message")
  }

  private static func patchesPerTokenSide(
    _ root: JSONObject, grid: Int
  ) throws(JSONError) -> Int {
    let ratio = try root.number("downsample_ratio", in: 0.0625...1, default: 0.5)
    let side = Int((1 / ratio).rounded())
    guard 1 / Double(side) == ratio, grid.isMultiple(of: side) else {
      throw root.invalid("downsample_ratio", expected: "1/n with n dividing \(grid) patches")
    }
    return side
  }
}
