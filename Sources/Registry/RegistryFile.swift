import JSON

/// A registry file as it is written: see `docs/cli.md`, "The registry".
struct RegistryFile {
  let visionTowers: [String: VisionShape]
  let shapes: [String: ShapeEntry]
  let families: [FamilyEntry]

  init(_ root: JSONObject) throws(JSONError) {
    try root.refuseUnknownKeys(["vision_towers", "shapes", "families"])
    var visionTowers: [String: VisionShape] = [:]
    if let towers = try root.optionalObject("vision_towers") {
      for name in towers.members.keys.sorted() {
        visionTowers[name] = try VisionShape(towers.object(name))
      }
    }
    self.visionTowers = visionTowers
    var shapes: [String: ShapeEntry] = [:]
    if let written = try root.optionalObject("shapes") {
      for name in written.members.keys.sorted() {
        shapes[name] = try ShapeEntry(written.object(name))
      }
    }
    self.shapes = shapes
    var families: [FamilyEntry] = []
    for family in try root.objects("families") { families.append(try FamilyEntry(family)) }
    self.families = families
  }
}

/// A family as it is written.
struct FamilyEntry {
  let name: String
  let contextLength: Int
  let languages: [String]
  let abilities: [String]
  let summary: String
  let specs: [SpecEntry]
  /// Where it stands, for complaints about what it says.
  let object: JSONObject

  init(_ object: JSONObject) throws(JSONError) {
    try object.refuseUnknownKeys([
      "name", "context_length", "languages", "abilities", "description", "specs",
    ])
    self.object = object
    name = try object.text("name")
    contextLength = try object.integer("context_length", in: 1...(1 << 24))
    languages = try object.strings("languages")
    abilities = try object.strings("abilities")
    summary = try object.string("description")
    var specs: [SpecEntry] = []
    for spec in try object.objects("specs") { specs.append(try SpecEntry(spec)) }
    guard !specs.isEmpty else { throw object.invalid("specs", expected: "at least one spec") }
    self.specs = specs
  }
}

/// A spec as it is written.
struct SpecEntry {
  let size: ModelSize
  let format: ModelFormat
  let quantization: String
  let shape: String?
  let hubs: [HubName: HubModel]
  let folder: String?
  /// Where it stands, for complaints about what it says.
  let object: JSONObject

  init(_ object: JSONObject) throws(JSONError) {
    try object.refuseUnknownKeys([
      "size_in_billions", "format", "quantization", "shape", "hubs", "folder",
    ])
    self.object = object
    let billions = try object.number("size_in_billions", in: 0...1e6)
    guard billions > 0 else {
      throw object.invalid("size_in_billions", expected: "more than 0")
    }
    size = ModelSize(billions)
    format = try object.choice("format")
    quantization = try object.text("quantization")
    shape = try object.optionalString("shape")
    folder = try object.optionalString("folder")
    hubs = try object.optionalObject("hubs").map(Self.hubs) ?? [:]
    guard hubs.isEmpty == (folder != nil) else {
      throw object.invalid("hubs", expected: "at least one hub, or a 'folder' instead")
    }
  }

  /// An object with a hub's name as key.
  private static func hubs(_ object: JSONObject) throws(JSONError) -> [HubName: HubModel] {
    try object.refuseUnknownKeys(HubName.allCases.map(\.rawValue))
    var models: [HubName: HubModel] = [:]
    for hub in HubName.allCases {
      models[hub] = try object.optionalObject(hub.rawValue).map(HubModel.init)
    }
    return models
  }
}

extension HubModel {
  fileprivate init(_ object: JSONObject) throws(JSONError) {
    try object.refuseUnknownKeys(["model_id", "revision"])
    let id = try object.text("model_id")
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw object.invalid("model_id", expected: "an owner and a name, as 'owner/name'")
    }
    self.init(id: id, revision: try object.optionalString("revision"))
  }
}

extension VisionShape {
  fileprivate init(_ object: JSONObject) throws(JSONError) {
    try object.refuseUnknownKeys([
      "image_size", "patch_size", "hidden", "layers", "heads", "intermediate", "qkv_bias",
      "qk_norm", "norm_bias",
    ])
    self.init(
      imageSize: try object.integer("image_size", in: 1...4096),
      patchSize: try object.integer("patch_size", in: 1...4096),
      hidden: try object.integer("hidden", in: 1...(1 << 16)),
      layers: try object.integer("layers", in: 1...1000),
      heads: try object.integer("heads", in: 1...(1 << 16)),
      intermediate: try object.integer("intermediate", in: 1...(1 << 18)),
      hasQKVBias: try object.bool("qkv_bias"), hasQKNorm: try object.bool("qk_norm"),
      hasNormBias: try object.bool("norm_bias"))
  }
}

/// A model's dimensions as they are written: the vision tower by name, the language model's own.
struct ShapeEntry {
  let visionTower: String
  let language: LanguageShape
  /// Where it stands, for complaints about what it says.
  let object: JSONObject

  init(_ object: JSONObject) throws(JSONError) {
    try object.refuseUnknownKeys([
      "vision_tower", "layout", "hidden", "layers", "heads", "kv_heads", "head_width",
      "intermediate", "vocabulary", "tied",
    ])
    self.object = object
    visionTower = try object.text("vision_tower")
    language = LanguageShape(
      layout: try object.choice("layout"),
      hidden: try object.integer("hidden", in: 1...(1 << 16)),
      layers: try object.integer("layers", in: 1...1000),
      heads: try object.integer("heads", in: 1...1024),
      kvHeads: try object.integer("kv_heads", in: 1...1024),
      headWidth: try object.integer("head_width", in: 1...1024),
      intermediate: try object.integer("intermediate", in: 1...(1 << 18)),
      vocabulary: try object.integer("vocabulary", in: 1...(1 << 24)),
      isTied: try object.bool("tied", default: false))
  }
}

extension JSONObject {
  /// A string that is not empty.
  fileprivate func text(_ key: String) throws(JSONError) -> String {
    let text = try string(key)
    guard !text.isEmpty else { throw invalid(key, expected: "a text that is not empty") }
    return text
  }

  /// One of a few names.
  fileprivate func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(JSONError) -> Choice {
    guard let choice = try Choice(rawValue: string(key)) else {
      throw invalid(
        key, expected: Choice.allCases.map { $0.rawValue }.joined(separator: " or "))
    }
    return choice
  }
}
