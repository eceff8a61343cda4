import HummingbirdCore
import InternVL
import OpenAIMessages
import Tokenizers

extension Interface {
  /// `POST /tokenize`.
  func tokenize(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await withBody(exchange, as: TokenizeRequest.init) { request async throws(ServerError) in
      switch request.content {
      case .text(let text):
        let (loaded, _) = try await pool.reserve(request.model, answers: 1)
        let prompts = loaded.service.prompts
        let tokens = try await Blocking.run { prompts.tokenizer.encode(text) }
        return .json(reply(tokens, prompts, request, images: nil))
      case .conversation(let conversation):
        let question = try await questions.question(
          conversation, model: request.model, options: GenerationOptions(), delivery: Delivery())
        let prompts = question.loaded.service.prompts
        let images = question.prompt.tileCounts.map { tiles in
          TokenReply.Picture(
            columns: tiles.columns, rows: tiles.rows, tiles: tiles.count,
            tokens: tiles.count * prompts.configuration.tokensPerTile)
        }
        return .json(reply(question.prompt.tokens, prompts, request, images: images))
      }
    }
  }

  /// `POST /detokenize`.
  func detokenize(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await withBody(exchange, as: DetokenizeRequest.init) { request async throws(ServerError) in
      let (loaded, _) = try await pool.reserve(request.model, answers: 1)
      let tokenizer = loaded.service.prompts.tokenizer
      return .json(
        TextReply(
          try await Blocking.run { tokenizer.decode(request.tokens, skippingSpecial: false) }))
    }
  }

  private func reply(
    _ tokens: [Int32], _ prompts: PromptBuilder, _ request: TokenizeRequest,
    images: [TokenReply.Picture]?
  ) -> TokenReply {
    let tokenizer = prompts.tokenizer
    return TokenReply(
      tokens: tokens, contextLength: prompts.contextLength,
      texts: request.wantsTexts
        ? tokens.map { String(decoding: tokenizer.bytes(of: $0), as: UTF8.self) } : nil,
      images: images)
  }
}
