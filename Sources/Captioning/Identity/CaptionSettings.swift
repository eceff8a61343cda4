import Files
package import InternVL
import JSON

/// The options that change an answer, as they stand in every row.
///
/// Those at their usual value are left out, so that a row is short.
package struct CaptionSettings: Sendable, Equatable {
  /// A value by the name of its option, such as "model" or "temperature".
  package private(set) var values: [String: String]

  package init(_ values: [String: String]) { self.values = values }

  /// What is asked, how pictures are cut and how tokens are chosen; the rest is for the caller.
  package init(
    model: String, prompts: [CaptionPrompt], system: String?, options: GenerationOptions,
    style: TextStyle = TextStyle()
  ) {
    values = ["model": model]
    for prompt in prompts {
      self[prompt.field == CaptionPrompt.usualField ? "prompt" : "prompt.\(prompt.field)"] =
        prompt.template.text
    }
    self["system"] = system
    self["max_tiles"] = options.maxTiles.map(String.init)
    self["prefill"] = options.prefill.isEmpty ? nil : options.prefill
    self["max_thinking"] = options.maxThinkingTokens.map(String.init)
    self["stop"] =
      options.stop.isEmpty ? nil : JSONValue.array(options.stop.map(JSONValue.string)).text
    self["schema"] = options.shape.map { Self.short($0.source) }
    self.set("repetition_penalty", options.repetitionPenalty, usually: 1)
    self.set("frequency_penalty", options.frequencyPenalty, usually: 0)
    self.set("presence_penalty", options.presencePenalty, usually: 0)
    self["prefix"] = style.prefix.isEmpty ? nil : style.prefix
    self["suffix"] = style.suffix.isEmpty ? nil : style.suffix
    self["collapse_whitespace"] = style.collapsesWhitespace ? "true" : nil
    guard options.temperature > 0 else { return }
    self["temperature"] = "\(options.temperature)"
    self["seed"] = options.seed.map(String.init) ?? "random"
    self.set("top_p", options.topP, usually: 1)
    self["top_k"] = options.topK == 0 ? nil : "\(options.topK)"
    self.set("min_p", options.minP, usually: 0)
  }

  package subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// A text, or its hash where it is long.
  private static func short(_ text: String) -> String {
    guard text.utf8.count > 200 else { return text }
    var digest = Digest(.sha256)
    digest.update(text)
    return "sha256:" + digest.hexadecimal()
  }

  private mutating func set(_ name: String, _ value: Float, usually usual: Float) {
    if value != usual { values[name] = "\(value)" }
  }

  /// What differs from these settings in others.
  package func differences(to others: CaptionSettings) -> [SettingDifference] {
    Set(values.keys).union(others.values.keys).sorted().compactMap { name in
      let (old, new) = (self[name], others[name])
      return old == new ? nil : SettingDifference(name: name, old: old, new: new)
    }
  }
}

/// An option that has another value than in the rows that are there; nil where it is not used.
package struct SettingDifference: Sendable, Equatable {
  package let name: String
  package let old: String?
  package let new: String?

  package init(name: String, old: String?, new: String?) {
    self.name = name
    self.old = old
    self.new = new
  }
}

extension SettingDifference: CustomStringConvertible {
  package var description: String {
    switch (old, new) {
    case (let old?, let new?): "\(name) was \(old.quoted) and is \(new.quoted)"
    case (let old?, nil): "\(name) was \(old.quoted) and is not used"
    case (nil, let new): "\(name) was not used and is \((new ?? "").quoted)"
    }
  }
}

// MARK: In a row

extension CaptionSettings {
  init?(_ value: JSONValue?) {
    guard case .object(let members)? = value else { return nil }
    values = [:]
    for (name, value) in members {
      guard case .string(let text) = value else { return nil }
      values[name] = text
    }
  }

  var json: String { JSONValue.object(values.mapValues(JSONValue.string)).text }
}
