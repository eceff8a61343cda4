import InternVL
import JSON

/// The parameters that say how an answer is generated, which several requests share.
enum Sampling {
  /// Tokens of an answer when the client sets no limit, as on the command line.
  static let usualTokens = 1024
  /// How many texts may end an answer, and how long each may be.
  private static let mostStops = 4
  private static let longestStopBytes = 256

  /// Reads them; what is left out is greedy.
  static func options(_ object: JSONObject) throws -> GenerationOptions {
    var options = GenerationOptions(maxTokens: usualTokens)
    options.temperature = try float(object, "temperature", in: 0...2) ?? 0
    // A share of nothing leaves the likeliest token.
    options.topP = max(try float(object, "top_p", in: 0...1) ?? 1, .leastNormalMagnitude)
    // vLLM writes "all" as -1.
    options.topK = max(0, try object.optionalInteger("top_k", in: -1...Int(Int32.max)) ?? 0)
    options.minP = try float(object, "min_p", in: 0...1) ?? 0
    options.repetitionPenalty = try float(object, "repetition_penalty", in: 0.01...100) ?? 1
    options.frequencyPenalty = try float(object, "frequency_penalty", in: -2...2) ?? 0
    options.presencePenalty = try float(object, "presence_penalty", in: -2...2) ?? 0
    options.seed = try object.optionalInteger("seed", in: Int.min...Int.max)
      .map { UInt64(bitPattern: Int64($0)) }
    options.stop = try stops(object)
    return options
  }

  /// The largest length of an answer, by whichever of its names comes first.
  static func maxTokens(_ object: JSONObject, _ names: [String]) throws(JSONError) -> Int {
    for name in names {
      if let value = try object.optionalInteger(name, in: 1...Int.max) { return value }
    }
    return usualTokens
  }

  /// Refuses what nothing here implements, where it asks for more than the default; the interface itself
  /// reads those `besides`.
  static func refuseUnsupported(
    _ object: JSONObject, besides known: Set<String> = []
  ) throws(RequestFault) {
    for (name, instead) in unsupported where !known.contains(name) {
      guard let value = object[name], !harmless.contains(value) else { continue }
      throw .unsupported(parameter: name, instead: instead)
    }
  }

  /// Values that ask for nothing.
  private static let harmless: [JSONValue] = [
    .bool(false), .array([]), .object([:]), .string("none"), .string("auto"),
  ]

  /// Parameters of OpenAI's interface, llama-server's and vLLM's that would change an answer.
  private static let unsupported = [
    ("tools", "functions are called in chat completions only"),
    ("tool_choice", "functions are called in chat completions only"),
    ("functions", "give tools"),
    ("function_call", "give tool_choice"),
    ("logit_bias", "leave it out"),
    ("audio", "answers are text"),
    ("prediction", "leave it out"),
    ("web_search_options", "the model reads nothing but the request"),
    ("grammar", "leave it out"),
    ("json_schema", "give response_format"),
    ("guided_json", "give response_format"),
    ("structured_outputs", "give response_format"),
  ]

  static func float(
    _ object: JSONObject, _ name: String, in range: ClosedRange<Double>
  ) throws(JSONError) -> Float? {
    try object.optionalNumber(name, in: range).map { Float($0) }
  }

  private static func stops(_ object: JSONObject) throws -> [String] {
    let stops: [String]
    if case .string(let text)? = object["stop"] {
      stops = [text]
    } else {
      stops = try object.optionalStrings("stop") ?? []
    }
    guard stops.count <= mostStops,
      stops.allSatisfy({ !$0.isEmpty && $0.utf8.count <= longestStopBytes })
    else {
      throw object.invalid(
        "stop", expected: "at most \(mostStops) texts of 1…\(longestStopBytes) bytes")
    }
    return stops
  }
}

/// How the answers to one prompt are wanted.
package struct Delivery: Sendable, Equatable {
  /// How many answers.
  package var count = 1
  /// Whether they come as they are generated.
  package var isStreamed = false
  /// Whether a stream ends with what was used.
  package var includesUsage = false

  /// The most answers to one prompt.
  package static let mostAnswers = 16

  package init() {}

  init(_ object: JSONObject) throws {
    count = try object.integer("n", in: 1...Self.mostAnswers, default: 1)
    isStreamed = try object.bool("stream", default: false)
    guard let options = try object.optionalObject("stream_options") else { return }
    guard isStreamed else {
      throw RequestFault.needs(parameter: "stream_options", other: "stream to be true")
    }
    includesUsage = try options.bool("include_usage", default: false)
  }
}
