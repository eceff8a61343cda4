import InternVL

/// The log probabilities of `launch --json --logprobs N`, under the names of OpenAI's interface.
struct LogprobReport: Encodable {
  let content: [Entry]

  /// A token of the answer and the likeliest tokens at its place.
  struct Entry: Encodable {
    let token: String, bytes: [UInt8], logprob: Float
    let top: [Alternative]

    enum CodingKeys: String, CodingKey {
      case token, bytes, logprob
      case top = "top_logprobs"
    }
  }

  struct Alternative: Encodable {
    let token: String, bytes: [UInt8], logprob: Float
  }

  init(_ choices: [TokenChoice]) {
    content = choices.map { choice in
      Entry(
        token: choice.chosen.text, bytes: choice.chosen.bytes, logprob: choice.chosen.logprob,
        top: choice.top.map {
          Alternative(token: $0.text, bytes: $0.bytes, logprob: $0.logprob)
        })
    }
  }
}

extension TokenLogprob {
  /// The token's text; U+FFFD stands for bytes that are not a whole character.
  fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }
}
