/// A conversation that keeps its KV cache from one answer to the next.
///
/// Every call gets the whole conversation; what its prompt has in common with the cache is not
/// computed again. Not `Sendable`: it shares its model's single owner.
public final class ChatSession {
  private let model: VisionLanguageModel
  private let sequence: SequenceState
  private var cached: (prompt: Prompt, tokens: [Int32])?

  init(_ model: VisionLanguageModel) {
    self.model = model
    sequence = model.makeSequence()
  }

  /// Answers the last message of a conversation.
  ///
  /// - Parameters:
  ///   - conversation: all messages so far and their pictures.
  ///   - options: how to generate.
  ///   - isCancelled: asked between tiles, prompt pieces and tokens.
  ///   - onText: called with each piece of text; the pieces add up to the reply's text.
  /// - Returns: the answer; what was generated so far when cancelled.
  /// - Throws: `InternVLError` when the conversation cannot be turned into a prompt, or the model
  ///   computes a value that is infinite or NaN.
  public func reply(
    to conversation: Conversation, options: GenerationOptions = GenerationOptions(),
    isCancelled: () -> Bool = { false }, onText: (String) -> Void = { _ in }
  ) throws(InternVLError) -> Reply {
    try reply(
      to: conversation, options: options, recorder: nil, isCancelled: isCancelled, onText: onText)
  }

  /// Answers, and records intermediate tensors of the part that had to be computed.
  package func reply(
    to conversation: Conversation, options: GenerationOptions, recorder: Recorder?,
    isCancelled: () -> Bool = { false }, onText: (String) -> Void = { _ in }
  ) throws(InternVLError) -> Reply {
    let prompt = try model.makePrompt(conversation, maxTiles: options.maxTiles)
    reuseCache(for: prompt)
    let generation = Generation(
      prompt, options: options, sequence: sequence, model: model, recorder: recorder)
    defer {
      cached = (prompt, Array(generation.allTokens.prefix(sequence.count)))
    }
    emit(model.prefill(generation, isCancelled: isCancelled), to: onText)
    while generation.outcome == nil {
      if isCancelled() {
        emit(generation.finish(.cancelled), to: onText)
      } else {
        emit(model.decode([generation])[0], to: onText)
      }
    }
    recorder?.append("prompt_ids", tokens: prompt.tokens)
    recorder?.append("greedy_ids", tokens: generation.tokens)
    return try generation.reply(rotary: model.configuration.language.rotary)
  }

  /// Keeps the part of the cache that means the same in `prompt`.
  ///
  /// At least the last prompt token is computed again, for its logits. Beyond the model's own
  /// positions keys depend on the whole length, so nothing is kept.
  private func reuseCache(for prompt: Prompt) {
    var kept = 0
    let rotary = model.configuration.language.rotary
    let length = max(prompt.tokens.count, sequence.count)
    if let cached, !rotary.isExtended(length: length) {
      kept = min(
        prompt.commonPrefix(with: cached.prompt, tokens: cached.tokens), prompt.tokens.count - 1)
    }
    sequence.truncate(to: kept)
  }

  private func emit(_ text: String, to onText: (String) -> Void) {
    if !text.isEmpty { onText(text) }
  }
}
