import JSON

/// Whether tokenizer.json describes the splitting of Qwen2, which is what `ByteLevelTokenizer` does.
struct ByteLevelPipeline {
  /// The expression that `PieceScanner` does by hand, as Qwen2 and Qwen3 write it.
  private static let expression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Whether text is normalised (form C) before it is split.
  let normalizes: Bool

  /// Checks the steps.
  ///
  /// - Throws: `unsupported` for a step that would split text in another way.
  init(_ json: TokenizerJSON) throws(TokenizerDefect) {
    guard json.modelType == "BPE" else { throw .unsupported("model", json.modelType) }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if case .string(let text)? = json.model[key], !text.isEmpty {
        throw .unsupported("model.\(key)", text)
      }
    }
    for key in ["byte_fallback", "ignore_merges"] where json.model[key] == .bool(true) {
      throw .unsupported("model.\(key)", "true")
    }
    switch PipelineStep.list(json.normalizer).map(\.type) {
    case []: normalizes = false
    case ["NFC"]: normalizes = true
    case let types: throw .unsupported("normalizer", types.joined(separator: ", "))
    }
    let steps = PipelineStep.list(json.preTokenizer)
    guard steps.map(\.type) == ["Split", "ByteLevel"] else {
      throw .unsupported("pre_tokenizer", steps.map(\.type).joined(separator: ", "))
    }
    guard case .object(let pattern)? = steps[0]["pattern"],
      case .string(let expression)? = pattern["Regex"], steps[0]["behavior"] == .string("Isolated"),
      steps[0]["invert"] != .bool(true)
    else { throw .unsupported("pre_tokenizer", "Split without an expression") }
    guard Array(expression.utf8) == Array(Self.expression.utf8) else {
      throw .unsupported("pre_tokenizer", expression)
    }
    for key in ["add_prefix_space", "use_regex"] where steps[1][key] != .bool(false) {
      throw .unsupported("pre_tokenizer", "ByteLevel with \(key)")
    }
  }
}

/// One step of a pipeline in tokenizer.json.
struct PipelineStep {
  let type: String
  private let members: [String: JSONValue]

  /// A setting of the step.
  subscript(key: String) -> JSONValue? { members[key] }

  /// The steps of a pipeline: none, one, or those of a `Sequence`.
  static func list(_ value: JSONValue) -> [PipelineStep] {
    guard case .object(let members) = value, case .string(let type)? = members["type"] else {
      return value == .null ? [] : [PipelineStep(type: "a step without a type", members: [:])]
    }
    guard type == "Sequence" else { return [PipelineStep(type: type, members: members)] }
    for key in ["normalizers", "pretokenizers", "decoders"] {
      if case .array(let steps)? = members[key] { return steps.flatMap(list) }
    }
    return []
  }
}
