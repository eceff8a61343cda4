import InternVL
import JSON

/// The `options` of ollama's requests; those about how a model is loaded are the server's own.
enum OllamaOptions {
  static func options(_ object: JSONObject?) throws -> GenerationOptions {
    guard let object else { return GenerationOptions(maxTokens: Sampling.usualTokens) }
    var options = try Sampling.options(object)
    options.repetitionPenalty =
      try Sampling.float(object, "repeat_penalty", in: 0.01...100) ?? options.repetitionPenalty
    // −1 and −2 stand for as much as there is room for.
    if let count = try object.optionalInteger("num_predict", in: -2...Int.max), count != 0 {
      options.maxTokens = count < 0 ? Int.max : count
    }
    return options
  }
}

/// How long a model stays loaded without a request.
package enum KeepAlive: Sendable, Equatable {
  case forever
  case seconds(Double)

  /// Reads a number of seconds, or a text such as "5m"; a negative one stands for ever.
  init?(_ object: JSONObject, _ key: String) throws {
    let seconds: Double?
    switch object[key] {
    case nil: return nil
    case .integer(let value)?: seconds = Double(value)
    case .number(let value)?: seconds = value
    case .string(let text)?: seconds = Self.seconds(text)
    default: seconds = nil
    }
    guard let seconds else {
      throw object.invalid(key, expected: "seconds, or a text such as \"5m\"")
    }
    self = seconds < 0 ? .forever : .seconds(seconds)
  }

  /// Reads "90", "90s", "5m", "1h30m" or "-1"; nil where it is no duration.
  package init?(_ text: String) {
    guard let seconds = Self.seconds(text) else { return nil }
    self = seconds < 0 ? .forever : .seconds(seconds)
  }

  private static func seconds(_ text: String) -> Double? {
    guard !text.isEmpty else { return nil }
    if let number = Double(text) { return number.isFinite ? number : nil }
    let isNegative = text.hasPrefix("-")
    var rest = isNegative ? text.dropFirst() : text[...]
    var sum = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let number = Double(digits) else { return nil }
      rest = rest[digits.endIndex...]
      let unit = rest.prefix { $0.isLetter }
      guard let factor = ["ms": 0.001, "s": 1, "m": 60, "h": 3600][String(unit)] else { return nil }
      sum += number * factor
      rest = rest[unit.endIndex...]
    }
    return isNegative ? -sum : sum
  }
}
