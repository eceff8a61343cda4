import InternVL

/// The object that `launch --json` prints.
///
/// Scripts depend on the names of its fields.
struct ReplyReport: Encodable {
  let engine = "native"
  let text: String
  /// Nil where the model did not think.
  let reasoning: String?
  let tokenIDs: [Int32]
  let promptTokenIDs: [Int32]
  let tiles: [Tiles]
  /// Nil unless they were asked for.
  let logprobs: LogprobReport?
  let finishReason: String
  let usage: Usage
  let timings: Times

  enum CodingKeys: String, CodingKey {
    case engine, text, reasoning, tiles, logprobs, usage, timings
    case tokenIDs = "token_ids"
    case promptTokenIDs = "prompt_token_ids"
    case finishReason = "finish_reason"
  }

  /// How a picture was cut; `count` includes the thumbnail.
  struct Tiles: Encodable {
    let columns: Int, rows: Int, count: Int
  }

  struct Usage: Encodable {
    let promptTokens: Int, completionTokens: Int, totalTokens: Int

    enum CodingKeys: String, CodingKey {
      case promptTokens = "prompt_tokens"
      case completionTokens = "completion_tokens"
      case totalTokens = "total_tokens"
    }
  }

  /// Seconds.
  struct Times: Encodable {
    let load: Double, image: Double, prefill: Double, decode: Double, firstToken: Double

    enum CodingKeys: String, CodingKey {
      case load = "load_seconds"
      case image = "image_seconds"
      case prefill = "prefill_seconds"
      case decode = "decode_seconds"
      case firstToken = "time_to_first_token_seconds"
    }
  }

  init(_ reply: Reply, hasLogprobs: Bool, loadSeconds: Double) {
    text = reply.text
    reasoning = reply.reasoning
    tokenIDs = reply.tokenIDs
    promptTokenIDs = reply.promptTokenIDs
    tiles = reply.tiles.map { Tiles(columns: $0.columns, rows: $0.rows, count: $0.count) }
    logprobs = hasLogprobs ? LogprobReport(reply.choices) : nil
    finishReason = reply.finishReason.rawValue
    usage = Usage(
      promptTokens: reply.promptTokenIDs.count, completionTokens: reply.tokenIDs.count,
      totalTokens: reply.promptTokenIDs.count + reply.tokenIDs.count)
    timings = Times(
      load: loadSeconds, image: reply.timings.imageSeconds,
      prefill: reply.timings.prefillSeconds, decode: reply.timings.decodeSeconds,
      firstToken: reply.timings.timeToFirstToken)
  }
}

extension Reply {
  /// The lines of `--verbose`.
  var timingLines: [String] {
    let computed = promptTokenIDs.count - timings.reusedTokens
    var lines: [String] = []
    if !tiles.isEmpty {
      let count = tiles.reduce(0) { $0 + $1.count }
      lines.append(
        "images       \(Units.seconds(timings.imageSeconds))  "
          + "\(Units.count(tiles.count, "image")), \(Units.count(count, "tile")), "
          + Units.count(timings.imageTokens, "token"))
    }
    lines.append(
      "prefill      \(Units.seconds(timings.prefillSeconds))  "
        + ([Units.count(computed, "token"), Units.rate(computed, seconds: timings.prefillSeconds)]
        .compactMap(\.self)
        + (timings.reusedTokens > 0 ? ["\(timings.reusedTokens) kept from before"] : []))
        .joined(separator: ", "))
    lines.append("first token  \(Units.seconds(timings.timeToFirstToken))")
    // The first token comes from the prefill.
    let decoded = max(0, tokenIDs.count - 1)
    lines.append(
      "decode       \(Units.seconds(timings.decodeSeconds))  "
        + [
          Units.count(tokenIDs.count, "token"), Units.rate(decoded, seconds: timings.decodeSeconds),
        ]
        .compactMap(\.self).joined(separator: ", "))
    return lines
  }
}
