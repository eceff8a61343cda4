package import Files
import JSON

/// One row of an output: a picture and its answers, or why it has none.
package struct CaptionRow: Sendable, Equatable {
  /// The picture's name, with its page.
  package var name: ExactText
  package var outcome: CaptionOutcome
  /// What the file was like; nil where it could not be read.
  package var identity: PictureIdentity?
  /// Sides in pixels, where the picture was decoded.
  package var width: Int?
  package var height: Int?
  package var settings: CaptionSettings

  package init(
    name: ExactText, outcome: CaptionOutcome, identity: PictureIdentity? = nil, width: Int? = nil,
    height: Int? = nil, settings: CaptionSettings
  ) {
    self.name = name
    self.outcome = outcome
    self.identity = identity
    self.width = width
    self.height = height
    self.settings = settings
  }

  /// The answers, where there are any.
  package var caption: Caption? {
    guard case .caption(let caption) = outcome else { return nil }
    return caption
  }
}

// MARK: As columns

extension CaptionRow {
  /// All columns in their order, the answers behind the name; `nameColumn` is what the name's is called.
  func cells(fields: [String], nameColumn: String) -> [(column: String, cell: RowCell?)] {
    let front: [(String, RowCell?)] =
      [(nameColumn, .text(name.string))]
      + fields.map { field in (field, caption?.answers.first { $0.field == field }?.cell) }
    return front
      + RowColumn.allCases.dropFirst().map { ($0.rawValue, cell($0)) }
  }

  private func cell(_ column: RowColumn) -> RowCell? {
    func number(_ value: Int?) -> RowCell? { value.map { .json("\($0)") } }
    switch column {
    case .image: return .text(name.string)
    case .error:
      if case .failed(let reason) = outcome { return .text(reason) }
      return nil
    case .finishReason: return caption.map { .text($0.ending.rawValue) }
    case .cut:
      guard let caption, caption.ending != .stop, caption.answers.count > 1 else { return nil }
      let cut = caption.answers.filter { $0.ending != .stop }
      return .json(JSONValue.array(cut.map { .string($0.field) }).text)
    case .tokens: return number(caption?.tokens)
    case .seconds: return caption.map { .json("\(($0.seconds * 1000).rounded() / 1000)") }
    case .maxTokens: return number(caption?.maxTokens)
    case .fullContext: return number(caption?.fullContext)
    case .width: return number(width)
    case .height: return number(height)
    case .bytes: return number(identity?.bytes)
    case .modified: return number(identity?.modified)
    case .sha256: return identity?.sha256.map { .text($0) }
    case .settings: return .json(settings.json)
    }
  }

  /// The row that columns make; nil where they make none.
  init?(_ members: [String: JSONValue], nameColumn: String) {
    func integer(_ column: RowColumn) -> Int? {
      if case .integer(let value)? = members[column.rawValue] { value } else { nil }
    }
    func text(_ column: String) -> String? {
      if case .string(let value)? = members[column] { value } else { nil }
    }
    guard let name = text(nameColumn), let settings = CaptionSettings(members["settings"]) else {
      return nil
    }
    self.init(name: ExactText(name), outcome: .failed(""), settings: settings)
    if let bytes = integer(.bytes), let modified = integer(.modified) {
      identity = PictureIdentity(bytes: bytes, modified: modified, sha256: text("sha256"))
    }
    width = integer(.width)
    height = integer(.height)
    if let error = text("error") {
      outcome = .failed(error)
      return
    }
    guard let caption = Self.caption(members) else { return nil }
    outcome = .caption(caption)
  }

  private static func caption(_ members: [String: JSONValue]) -> Caption? {
    guard case .string(let reason)? = members["finish_reason"],
      let ending = Caption.Ending(rawValue: reason),
      case .integer(let tokens)? = members["tokens"]
    else { return nil }
    var caption = Caption(answers: [], tokens: tokens, seconds: 0)
    let cut: [String]? =
      if case .array(let names)? = members["cut"] {
        names.compactMap { if case .string(let name) = $0 { name } else { nil } }
      } else {
        nil
      }
    for (field, value) in members.sorted(by: { $0.key < $1.key })
    where !RowColumn.reserved.contains(field) {
      var answer = Caption.Answer(field: field, text: value.text, isJSON: true)
      if case .string(let text) = value { (answer.text, answer.isJSON) = (text, false) }
      answer.ending = cut.map { $0.contains(field) } ?? true ? ending : .stop
      caption.answers.append(answer)
    }
    guard !caption.answers.isEmpty else { return nil }
    switch members["seconds"] {
    case .integer(let value)?: caption.seconds = Double(value)
    case .number(let value)?: caption.seconds = value
    default: return nil
    }
    if case .integer(let value)? = members["max_tokens"] { caption.maxTokens = value }
    if case .integer(let value)? = members["full_context"] { caption.fullContext = value }
    return caption
  }
}

extension Caption.Answer {
  fileprivate var cell: RowCell { isJSON ? .json(text) : .text(text) }
}
