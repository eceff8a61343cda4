import ArgumentParser
import InternVL

/// What `/set` changes: the options of `launch` that say how answers are generated.
struct ChatSettings {
  private(set) var options: GenerationOptions

  init(_ options: GenerationOptions) { self.options = options }

  /// A setting by its option's name.
  private struct Setting {
    let name: String
    let describe: @Sendable (GenerationOptions) -> String
    let copy: @Sendable (GenerationOptions, inout GenerationOptions) -> Void

    init<Value>(
      _ name: String, _ path: any WritableKeyPath<GenerationOptions, Value> & Sendable,
      unset: String = ""
    ) {
      self.name = name
      describe = { options in
        let value = options[keyPath: path]
        if let optional = value as? any OptionalValue { return optional.text ?? unset }
        return "\(value)"
      }
      copy = { $1[keyPath: path] = $0[keyPath: path] }
    }
  }

  private static let settings = [
    Setting("max-tokens", \.maxTokens), Setting("temperature", \.temperature),
    Setting("top-p", \.topP), Setting("top-k", \.topK), Setting("min-p", \.minP),
    Setting("repetition-penalty", \.repetitionPenalty),
    Setting("frequency-penalty", \.frequencyPenalty),
    Setting("presence-penalty", \.presencePenalty),
    Setting("seed", \.seed, unset: "random"),
    Setting("max-tiles", \.maxTiles, unset: "the model's"),
  ]

  static let names = settings.map(\.name)

  /// All settings, one a line.
  var text: String {
    var table = Table([("SETTING", .left), ("VALUE", .left)])
    for setting in Self.settings { table.append([setting.name, setting.describe(options)]) }
    return table.text
  }

  /// Sets one, with the checks of the option of that name; "tiles" is short for "max-tiles".
  ///
  /// - Returns: what is wrong; nil when it is set.
  mutating func set(_ name: String, to value: String) -> String? {
    let written = name.replacing("_", with: "-").lowercased()
    let name = written == "tiles" ? "max-tiles" : written
    guard let setting = Self.settings.first(where: { $0.name == name }) else {
      return "there is no setting '\(name)'; there are \(Self.names.joined(separator: ", "))"
    }
    do {
      let parsed = try GenerationChoice.parse(["--\(name)=\(value)"])
      setting.copy(parsed.options(), &options)
      return nil
    } catch {
      return GenerationChoice.message(for: error)
    }
  }
}

/// A value that may be missing.
private protocol OptionalValue { var text: String? { get } }

extension Optional: OptionalValue {
  fileprivate var text: String? { map { "\($0)" } }
}
