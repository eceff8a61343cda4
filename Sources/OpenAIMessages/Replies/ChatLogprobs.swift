package import InternVL

/// How likely the tokens of a chat completion were.
package struct ChatLogprobs: Encodable, Sendable {
  package struct Token: Encodable, Sendable {
    /// The text; U+FFFD where it is not whole characters.
    package let token: String
    package let logprob: Float
    package let bytes: [UInt8]

    init(_ token: TokenLogprob) {
      self.token = String(decoding: token.bytes, as: UTF8.self)
      logprob = token.logprob
      bytes = token.bytes
    }
  }

  package struct Choice: Encodable, Sendable {
    package let token: String
    package let logprob: Float
    package let bytes: [UInt8]
    package let topLogprobs: [Token]

    init(_ choice: TokenChoice) {
      let chosen = Token(choice.chosen)
      token = chosen.token
      logprob = chosen.logprob
      bytes = chosen.bytes
      topLogprobs = choice.top.map(Token.init)
    }
  }

  package let content: [Choice]

  package init(_ choices: [TokenChoice]) { content = choices.map(Choice.init) }
}
