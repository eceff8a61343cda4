import FoundationEssentials

/// A registry file as it is written: see `docs/cli.md`, "The registry".
struct RegistryFile: Decodable {
  let visionTowers: [String: VisionShape]
  let families: [FamilyEntry]

  enum CodingKeys: String, CodingKey, CaseIterable {
    case visionTowers = "vision_towers"
    case families
  }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    visionTowers =
      try values.decodeIfPresent([String: VisionShape].self, forKey: .visionTowers)
      ?? [:]
    families = try values.decode([FamilyEntry].self, forKey: .families)
  }
}

/// A family as it is written.
struct FamilyEntry: Decodable {
  let name: String
  let contextLength: Int
  let languages: [String]
  let abilities: [String]
  let summary: String
  let shapes: [String: ShapeEntry]
  let specs: [SpecEntry]

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, languages, abilities, shapes, specs
    case contextLength = "context_length"
    case summary = "description"
  }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decodeText(.name)
    contextLength = try values.decodeCount(.contextLength)
    languages = try values.decode([String].self, forKey: .languages)
    abilities = try values.decode([String].self, forKey: .abilities)
    summary = try values.decode(String.self, forKey: .summary)
    shapes = try values.decodeIfPresent([String: ShapeEntry].self, forKey: .shapes) ?? [:]
    specs = try values.decode([SpecEntry].self, forKey: .specs)
  }
}

/// A spec as it is written.
struct SpecEntry: Decodable {
  let size: ModelSize
  let format: ModelFormat
  let quantization: String
  let shape: String?
  let hubs: [HubName: HubModel]
  let folder: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case format, quantization, shape, hubs, folder
    case size = "size_in_billions"
  }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let billions = try values.decode(Double.self, forKey: .size)
    guard billions > 0, billions < 1e6 else {
      throw DecodingError.dataCorruptedError(
        forKey: .size, in: values, debugDescription: "is \(billions), but must be above 0")
    }
    size = ModelSize(billions)
    format = try values.decode(ModelFormat.self, forKey: .format)
    quantization = try values.decodeText(.quantization)
    shape = try values.decodeIfPresent(String.self, forKey: .shape)
    folder = try values.decodeIfPresent(String.self, forKey: .folder)
    hubs = try values.decodeIfPresent(HubTable.self, forKey: .hubs)?.models ?? [:]
    guard hubs.isEmpty == (folder != nil) else {
      throw DecodingError.dataCorruptedError(
        forKey: .hubs, in: values,
        debugDescription: "name either 'hubs' with at least one hub, or a 'folder'")
    }
  }
}

/// The hubs of a spec: an object with a hub's name as key.
private struct HubTable: Decodable {
  let models: [HubName: HubModel]

  enum CodingKeys: String, CodingKey, CaseIterable { case huggingface, modelscope }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    var models: [HubName: HubModel] = [:]
    models[.huggingface] = try values.decodeIfPresent(HubModel.self, forKey: .huggingface)
    models[.modelscope] = try values.decodeIfPresent(HubModel.self, forKey: .modelscope)
    self.models = models
  }
}

extension HubModel: Decodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case id = "model_id"
    case revision
  }

  package init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let id = try values.decodeText(.id)
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .id, in: values,
        debugDescription: "is '\(id)', but must be an owner and a name: 'owner/name'")
    }
    self.init(id: id, revision: try values.decodeIfPresent(String.self, forKey: .revision))
  }
}

extension VisionShape: Decodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case hidden, layers, heads, intermediate
    case imageSize = "image_size"
    case patchSize = "patch_size"
    case hasQKVBias = "qkv_bias"
    case hasQKNorm = "qk_norm"
    case hasNormBias = "norm_bias"
  }

  package init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      imageSize: try values.decodeCount(.imageSize, in: 1...4096),
      patchSize: try values.decodeCount(.patchSize, in: 1...4096),
      hidden: try values.decodeCount(.hidden, in: 1...(1 << 16)),
      layers: try values.decodeCount(.layers, in: 1...1000),
      heads: try values.decodeCount(.heads, in: 1...(1 << 16)),
      intermediate: try values.decodeCount(.intermediate, in: 1...(1 << 18)),
      hasQKVBias: try values.decode(Bool.self, forKey: .hasQKVBias),
      hasQKNorm: try values.decode(Bool.self, forKey: .hasQKNorm),
      hasNormBias: try values.decode(Bool.self, forKey: .hasNormBias))
  }
}

/// A model's dimensions as they are written: the vision tower by name, the language model's own.
struct ShapeEntry: Decodable {
  let visionTower: String
  let language: LanguageShape

  enum CodingKeys: String, CodingKey, CaseIterable {
    case layout, hidden, layers, heads, intermediate, vocabulary, tied
    case visionTower = "vision_tower"
    case kvHeads = "kv_heads"
    case headWidth = "head_width"
  }

  init(from decoder: any Decoder) throws {
    try decoder.refuseUnknownKeys(CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    visionTower = try values.decodeText(.visionTower)
    language = LanguageShape(
      layout: try values.decode(LanguageShape.Layout.self, forKey: .layout),
      hidden: try values.decodeCount(.hidden, in: 1...(1 << 16)),
      layers: try values.decodeCount(.layers, in: 1...1000),
      heads: try values.decodeCount(.heads, in: 1...1024),
      kvHeads: try values.decodeCount(.kvHeads, in: 1...1024),
      headWidth: try values.decodeCount(.headWidth, in: 1...1024),
      intermediate: try values.decodeCount(.intermediate, in: 1...(1 << 18)),
      vocabulary: try values.decodeCount(.vocabulary),
      isTied: try values.decodeIfPresent(Bool.self, forKey: .tied) ?? false)
  }
}
