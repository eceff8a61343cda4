import JSON

/// How tokenizer.json describes a SentencePiece model of pairs: spaces become `▁`, and characters are
/// merged; what is no piece falls back to bytes.
struct MetaspacePipeline {
  /// Where a `▁` is put in front of text that does not begin with one.
  enum Prefix {
    /// At the beginning of the text.
    case first
    /// At the beginning, and behind each added token.
    case always
    /// The same, and also in front of one that is there (the form of older files).
    case added
    case never
  }

  let prefix: Prefix
  /// Whether decoding takes a space away at the beginning.
  let dropsFirstSpace: Bool
  /// The tokens in front of every text.
  let firstTokens: [Int32]

  /// Whether a file is of this kind, and not byte-level.
  static func isMeant(by json: TokenizerJSON) -> Bool {
    PipelineStep.list(json.preTokenizer).map(\.type) == ["Metaspace"]
      || PipelineStep.list(json.normalizer).first?.type == "Prepend"
  }

  /// Checks the steps.
  ///
  /// - Throws: `unsupported` for a step that is done in no way here.
  init(_ json: TokenizerJSON) throws(TokenizerDefect) {
    guard json.modelType == "BPE" else { throw .unsupported("model", json.modelType) }
    for (key, wanted) in [("byte_fallback", true), ("ignore_merges", false)]
    where (json.model[key] ?? .bool(false)) != .bool(wanted) {
      throw .unsupported("model.\(key)", "\(!wanted)")
    }
    prefix = try Self.prefix(json)
    firstTokens = try Self.firstTokens(json)
    let decoders = PipelineStep.list(json.decoder)
    switch decoders.map(\.type) {
    case ["Replace", "ByteFallback", "Fuse", "Strip"]: dropsFirstSpace = true
    case ["Metaspace"]: dropsFirstSpace = try Self.scheme(decoders[0]) != .never
    case let types: throw .unsupported("decoder", types.joined(separator: ", "))
    }
  }

  private static func prefix(_ json: TokenizerJSON) throws(TokenizerDefect) -> Prefix {
    let normalizers = PipelineStep.list(json.normalizer)
    let steps = PipelineStep.list(json.preTokenizer)
    if normalizers.map(\.type) == ["Prepend", "Replace"], steps.isEmpty,
      normalizers[0]["prepend"] == .string(Self.mark), Self.replacesSpaces(normalizers[1])
    {
      return .added
    }
    guard normalizers.isEmpty, let step = steps.first,
      step["replacement"] == .string(Self.mark), step["split"] == .bool(false)
    else {
      let types = (normalizers + steps).map(\.type)
      throw .unsupported("pre_tokenizer", types.joined(separator: ", "))
    }
    return try scheme(step)
  }

  /// Where a step of type Metaspace puts a `▁`.
  private static func scheme(_ step: PipelineStep) throws(TokenizerDefect) -> Prefix {
    // In older files, which have no `prepend_scheme`.
    if step["add_prefix_space"] == .bool(false) { return .never }
    switch step["prepend_scheme"] {
    case .string("first")?: return .first
    case .string("always")?, nil: return .always
    case .string("never")?: return .never
    case let other?: throw .unsupported("pre_tokenizer", "Metaspace with \(other.summary)")
    }
  }

  /// What stands for a space in pieces.
  static let mark = "\u{2581}"

  private static func replacesSpaces(_ step: PipelineStep) -> Bool {
    step["pattern"] == .object(["String": .string(" ")]) && step["content"] == .string(Self.mark)
  }

  /// The tokens that a template puts in front of a single text; it may put none behind it.
  private static func firstTokens(_ json: TokenizerJSON) throws(TokenizerDefect) -> [Int32] {
    guard json.postProcessor != .null else { return [] }
    guard let step = PipelineStep.list(json.postProcessor).first,
      step.type == "TemplateProcessing", case .array(let parts)? = step["single"],
      case .object(let known)? = step["special_tokens"]
    else { throw .unsupported("post_processor", "another step than TemplateProcessing") }
    var tokens: [Int32] = []
    for (index, part) in parts.enumerated() {
      guard case .object(let members) = part else { break }
      if members["Sequence"] != nil, index == parts.count - 1 { return tokens }
      guard case .object(let token)? = members["SpecialToken"],
        case .string(let name)? = token["id"],
        case .object(let entry)? = known[name], case .array(let ids)? = entry["ids"]
      else { break }
      for id in ids {
        guard case .integer(let id) = id, 0..<tokenIDLimit ~= id else {
          throw .idOutOfRange(token: name, id: id.summary, limit: tokenIDLimit)
        }
        tokens.append(Int32(id))
      }
    }
    throw .unsupported("post_processor", "a template with something behind the text")
  }
}
