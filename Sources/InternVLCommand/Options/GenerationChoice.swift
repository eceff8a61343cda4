import ArgumentParser
import Engines
import InternVL

/// How the model runs.
struct RuntimeChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Tokens that a conversation may have, pictures and answers included.", valueName: "tokens"))
  var contextLength = 8192

  @Option(
    help: ArgumentHelp("Threads to use. (default: one a processor)", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      """
      exact is float32 arithmetic on the weights as shipped, fast is 8-bit integer products. \
      (default: exact for pytorch, fast for awq)
      """, valueName: "name"))
  var precision: Precision?

  @Flag(
    name: .customLong("no-packed-cache"),
    help: "Packs weights into memory, and does not keep them for the next launch.")
  var keepsNothing = false

  @Flag(help: "Runs a model even if it seems to need more memory than is free.")
  var force = false

  func validate() throws {
    try check("--context-length", contextLength, in: 1...(1 << 20))
    if let threads { try check("--threads", threads, in: 1...1024) }
  }

  /// The options among those given that only the native engine has.
  var nativeOptions: [String] {
    [
      ("--threads", threads != nil), ("--precision", precision != nil),
      ("--no-packed-cache", keepsNothing), ("--force", force),
    ].filter(\.1).map(\.0)
  }

  var options: ModelOptions {
    ModelOptions(
      precision: precision, threads: threads, contextLength: contextLength,
      packedWeights: keepsNothing ? nil : Environment.packedWeights)
  }
}

/// How answers are generated.
struct GenerationChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Largest length of an answer. (default: 1024, of a caption 256)", valueName: "tokens"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "0 always takes the likeliest token; 1 draws as the model thinks.", valueName: "number"))
  var temperature: Float = 0

  @Option(
    help: ArgumentHelp(
      "Draws from the likeliest tokens that reach this probability together.",
      valueName: "number"))
  var topP: Float = 1

  @Option(
    help: ArgumentHelp(
      "Draws from this many of the likeliest tokens; 0: all. (default: 50, of a server its own)",
      valueName: "count"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "Draws from tokens at least this many times as likely as the likeliest.",
      valueName: "number"))
  var minP: Float = 0

  @Option(
    help: ArgumentHelp(
      "Above 1, tokens that the answer already has become less likely.", valueName: "number"))
  var repetitionPenalty: Float = 1

  @Option(
    help: ArgumentHelp(
      "Makes tokens less likely for each time that the answer has them.", valueName: "number"))
  var frequencyPenalty: Float = 0

  @Option(
    help: ArgumentHelp(
      "Makes tokens less likely that the answer already has.", valueName: "number"))
  var presencePenalty: Float = 0

  @Option(
    help: ArgumentHelp("Ends a thought after so many tokens.", valueName: "tokens"))
  var maxThinking: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The beginning of the answer, which the model goes on with.", valueName: "text"))
  var prefill = ""

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Ends the answer before this text. Repeatable.", valueName: "text"))
  var stop: [String] = []

  @Option(
    help: ArgumentHelp("The same seed draws the same text. (default: random)", valueName: "number"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Largest number of tiles a picture is cut into. (default: the model's, 12)",
      valueName: "count"))
  var maxTiles: Int?

  func validate() throws {
    if let maxTokens { try check("--max-tokens", maxTokens, in: 1...(1 << 20)) }
    try check("--temperature", temperature, in: 0...100)
    try check("--top-p", topP, in: Float.leastNonzeroMagnitude...1)
    if let topK { try check("--top-k", topK, in: 0...(1 << 20)) }
    try check("--repetition-penalty", repetitionPenalty, in: 0.01...100)
    try check("--min-p", minP, in: 0...1)
    try check("--frequency-penalty", frequencyPenalty, in: -2...2)
    try check("--presence-penalty", presencePenalty, in: -2...2)
    if stop.contains("") { throw ValidationError("--stop has no text.") }
    if let maxThinking { try check("--max-thinking", maxThinking, in: 0...(1 << 20)) }
    if let maxTiles { try check("--max-tiles", maxTiles, in: 1...128) }
  }

  /// The options among those given that only the native engine has.
  var nativeOptions: [String] {
    [
      ("--max-thinking", maxThinking != nil), ("--prefill", !prefill.isEmpty),
      ("--max-tiles", maxTiles != nil),
    ].filter(\.1).map(\.0)
  }

  /// The options among those given that stand for what an engine cannot be told.
  func options(unknownTo engine: any Engine) -> [String] {
    let given: [(AnswerSetting, String, Bool)] = [
      (.topK, "--top-k", topK != nil), (.minP, "--min-p", minP != 0),
      (.repetitionPenalty, "--repetition-penalty", repetitionPenalty != 1),
      (.frequencyPenalty, "--frequency-penalty", frequencyPenalty != 0),
      (.presencePenalty, "--presence-penalty", presencePenalty != 0),
    ]
    return given.filter { $0.2 && engine.unknownSettings.contains($0.0) }.map(\.1)
  }

  /// The options, with a largest length and a number of likely tokens for where none was given.
  func options(maxTokens usual: Int = 1024, topK likeliest: Int = 50) -> GenerationOptions {
    GenerationOptions(
      maxTokens: maxTokens ?? usual, temperature: temperature, topP: topP,
      topK: topK ?? likeliest, minP: minP,
      repetitionPenalty: repetitionPenalty, frequencyPenalty: frequencyPenalty,
      presencePenalty: presencePenalty, seed: seed, prefill: prefill,
      maxThinkingTokens: maxThinking, stop: stop, maxTiles: maxTiles)
  }
}

/// Refuses a number outside of `range`; also one that is no number.
func check<Value: Comparable>(
  _ option: String, _ value: Value, in range: ClosedRange<Value>
) throws(ValidationError) {
  guard range.contains(value) else {
    throw ValidationError(
      "\(option) is \(value), but must be from \(range.lowerBound) to \(range.upperBound).")
  }
}
