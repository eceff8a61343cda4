package import Checkpoint
package import Foundation
package import JSON

/// What a checkpoint's configuration files say, checked.
///
/// Every number that the runtime uses comes from here or from the tokenizer's files; nothing is
/// fixed per model size.
public struct Configuration: Sendable, Equatable {
  /// How a checkpoint's files are laid out, by the class name in `architectures`.
  package enum Layout: String, Sendable, CaseIterable {
    /// As OpenGVLab's repositories are.
    case openGVLab = "InternVLChatModel"
    /// As the transformers library saves its own model; repositories whose names end with `-hf`.
    case transformers = "InternVLForConditionalGeneration"
  }

  /// How the files are laid out.
  package let layout: Layout
  /// What they call the tensors.
  private(set) var names: TensorNames
  /// The vision tower (InternViT).
  public private(set) var vision: VisionConfiguration
  /// The language model.
  public private(set) var language: LanguageConfiguration
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
  /// How a conversation becomes a prompt.
  package let template: ConversationTemplate
  /// Tokens that end an answer beside the template's own, by their ids.
  let stopTokens: Set<Int32>

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

  /// How a linear layer is stored in 4 bits; nil where it is not.
  ///
  /// With AWQ, and where the tensors are not known yet, those inside of the decoder's layers are.
  func quantization(of layer: String) -> Quantization? {
    guard let quantization = language.quantization else { return nil }
    let isInside =
      quantization.layers?.contains(layer)
      ?? (layer.hasPrefix(names.decoder + "layers.")
        && !quantization.unconverted.contains { layer.contains($0) })
    return isInside ? quantization : nil
  }

  /// A configuration with the published models' image handling: 2 × 2 patches a token, 1 to 12 tiles
  /// and a thumbnail.
  package init(vision: VisionConfiguration, language: LanguageConfiguration) {
    layout = .openGVLab
    names = .openGVLab
    self.vision = vision
    self.language = language
    tileSize = vision.imageSize
    patchesPerTokenSide = 2
    minimumTiles = 1
    maximumTiles = 12
    usesThumbnail = true
    template = .internVL2_5
    stopTokens = []
  }

  /// Reads and checks the configuration files of a checkpoint folder.
  ///
  /// - Throws: `CheckpointError.json`, naming the key, what it holds and what is supported.
  package init(folder: URL) throws(CheckpointError) {
    do throws(JSONError) {
      try self.init(
        JSONObject(contentsOf: folder.appending(path: "config.json")),
        processor: ProcessorFile(folder: folder),
        generation: JSONObject(ifPresent: folder.appending(path: "generation_config.json")))
    } catch {
      throw .json(error)
    }
  }

  /// Checks what config.json holds, and the files beside it that transformers' layout has.
  package init(
    _ root: JSONObject, processor: ProcessorFile? = nil, generation: JSONObject? = nil
  ) throws(JSONError) {
    layout = try root.choice("architectures")
    switch layout {
    case .openGVLab:
      try root.require("ps_version", equals: "v2")
      guard try !root.bool("flash_mode", default: false) else {
        throw root.invalid(
          "flash_mode", expected: "false: of this model take the one without -Flash")
      }
      _ = try root.integer("select_layer", in: -1 ... -1, default: -1)
      names = .openGVLab
      vision = try VisionConfiguration(root.object("vision_config"))
      language = try LanguageConfiguration(root.object("llm_config"), top: root)
      tileSize = try root.integer("force_image_size", in: 1...4096, default: vision.imageSize)
      guard tileSize == vision.imageSize else {
        throw root.invalid("force_image_size", expected: "vision_config.image_size")
      }
      let isDynamic = try root.bool("dynamic_image_size", default: true)
      minimumTiles =
        isDynamic ? try root.integer("min_dynamic_patch", in: 1...64, default: 1) : 1
      maximumTiles =
        isDynamic ? try root.integer("max_dynamic_patch", in: minimumTiles...64, default: 12) : 1
      usesThumbnail = try root.bool("use_thumbnail", default: true)
      template = try ConversationTemplate(openGVLab: root)
      stopTokens = []
    case .transformers:
      try root.require("vision_feature_select_strategy", equals: "default", whenAbsent: true)
      _ = try root.integer("vision_feature_layer", in: -1 ... -1, default: -1)
      try root.require("projector_hidden_act", equals: "gelu", whenAbsent: true)
      names = .transformers
      vision = try VisionConfiguration(transformers: root.object("vision_config"))
      language = try LanguageConfiguration(transformers: root.object("text_config"), top: root)
      tileSize = vision.imageSize
      let tiles = try processor?.tiles(tileSize: tileSize) ?? 1...12
      (minimumTiles, maximumTiles) = (tiles.lowerBound, tiles.upperBound)
      usesThumbnail = true
      template = .transformers
      stopTokens = try generation.map(Self.stopTokens) ?? []
    }
    patchesPerTokenSide = try Self.patchesPerTokenSide(root, grid: vision.patchesPerSide)
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

  /// The tokens at which transformers' own generation ends: one id, or a list of them.
  private static func stopTokens(_ generation: JSONObject) throws(JSONError) -> Set<Int32> {
    let key = "eos_token_id"
    if case .array(let elements)? = generation[key] {
      var tokens: Set<Int32> = []
      for element in elements {
        guard case .integer(let id) = element, let token = Int32(exactly: id) else {
          throw generation.invalid(key, expected: "a list of token ids")
        }
        tokens.insert(token)
      }
      return tokens
    }
    return Set(
      try generation.optionalInteger(key, in: 0...Int(Int32.max)).map { [Int32($0)] } ?? [])
  }

  /// The configuration of what is really stored.
  ///
  /// Files are right where flags are wrong: an output layer that is stored counts whatever
  /// `tie_word_embeddings` says, and so do biases of the vision tower's q, k and v. Which names
  /// transformers' layout has follows from them, too, and which layers compressed-tensors packed.
  ///
  /// - Throws: `CheckpointError.twoLayouts` and `.otherLayout`.
  func adapted(to checkpoint: CheckpointFolder) throws(CheckpointError) -> Configuration {
    var adapted = self
    adapted.names = try names(in: checkpoint)
    let names = adapted.names
    // compressed-tensors puts a packed weight in place of a float one.
    func holds(_ name: String) -> Bool {
      checkpoint.tensors[name] != nil || checkpoint.tensors[name + "_packed"] != nil
    }
    adapted.language.isTied = !holds(language.outputName(names)) && language.isTied
    if language.quantization?.format == .compressedTensors {
      adapted.language.quantization?.layers = Set(
        checkpoint.tensors.keys.compactMap { $0.dropping(suffix: ".weight_packed") })
    }
    if let qkv = names.vision.qkv.first, holds("\(names.vision.blocks)0.\(qkv).bias") {
      adapted.vision.hasQKVBias = true
    }
    if holds("\(names.vision.blocks)0.attn.q_norm.weight") {
      (adapted.names.vision.queryNorm, adapted.names.vision.keyNorm) = (
        "attn.q_norm", "attn.k_norm"
      )
    }
    return adapted
  }

  /// What the tensors of a checkpoint are called, which must be as `architectures` says.
  private func names(in checkpoint: CheckpointFolder) throws(CheckpointError) -> TensorNames {
    let known: [(names: TensorNames, layout: Layout)] = [
      (.openGVLab, .openGVLab), (.transformers, .transformers),
      (.transformersModules, .transformers),
    ]
    let found = known.compactMap { known in
      checkpoint.tensors[known.names.vision.classEmbedding].map { (known, $0) }
    }
    guard let (first, tensor) = found.first else { return names }
    guard found.count == 1 else {
      throw .twoLayouts(tensors: found.map(\.1.name), files: found.map(\.1.file))
    }
    guard first.layout == layout else {
      throw .otherLayout(file: tensor.file, tensor: tensor.name, architecture: layout.rawValue)
    }
    return first.names
  }
}
