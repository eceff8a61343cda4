import Foundation
import TestSupport
import Testing
import Tokenizers

@testable import InternVL

@Suite("Thoughts before answers", .enabled(if: SharedFixtures.present))
struct ThoughtTests {
  /// A model that has the marks in place of two tokens that it does not need here.
  private func model() throws -> (EditedCheckpoint, VisionLanguageModel) {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    let marks = ["<ref>": "<think>", "</ref>": "</think>"]
    try checkpoint.edit("added_tokens.json") { tokens in
      for (old, new) in marks { tokens[new] = tokens.removeValue(forKey: old) }
    }
    try checkpoint.edit("tokenizer_config.json") { settings in
      settings["added_tokens_decoder"] = nil
    }
    return (
      checkpoint,
      try VisionLanguageModel(
        folder: checkpoint.folder, options: ModelOptions(precision: .exact, threads: 2))
    )
  }

  private func reply(
    _ model: VisionLanguageModel, prefill: String = "", limit: Int? = nil, tokens: Int = 12,
    shape: OutputShape? = nil,
    onThought: (String) -> Void = { _ in }, onText: (String) -> Void = { _ in }
  ) throws -> Reply {
    let question = Message(role: .user, content: "Hello")
    return try Scheduler(model).reply(
      to: Conversation(messages: [question]),
      options: GenerationOptions(
        maxTokens: tokens, prefill: prefill, maxThinkingTokens: limit, shape: shape),
      onThought: onThought, onText: onText)
  }

  @Test("a thought that was begun is told from the answer, and ended where it is long enough")
  func limit() throws {
    let (checkpoint, model) = try model()
    defer { withExtendedLifetime(checkpoint) {} }
    #expect(model.thinks)
    var (thought, text) = ("", "")
    let reply = try reply(
      model, prefill: "<think>", limit: 3, onThought: { thought += $0 }, onText: { text += $0 })
    #expect(reply.tokenIDs[3] == model.special.thought?.end)
    let shown = model.tokenizer.decode(Array(reply.tokenIDs[..<3]), skippingSpecial: true)
    #expect(reply.reasoning == shown.trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(thought == reply.reasoning)
    #expect(text == reply.text && !text.isEmpty)
    #expect(!reply.text.contains("think>"))
  }

  @Test("a thought that is not ended leaves no answer")
  func open() throws {
    let (checkpoint, model) = try model()
    defer { withExtendedLifetime(checkpoint) {} }
    let reply = try reply(model, prefill: "<think>\n", tokens: 4)
    #expect(reply.text.isEmpty)
    #expect(reply.reasoning != nil)
  }

  @Test("a thought leaves an answer of a shape the tokens that it needs")
  func shape() throws {
    let (checkpoint, model) = try model()
    defer { withExtendedLifetime(checkpoint) {} }
    let shape = try OutputShape(jsonSchema: Data(#"{"enum":[true,false]}"#.utf8))
    let reply = try reply(model, prefill: "<think>\n", tokens: 20, shape: shape)
    #expect(reply.text == "true" || reply.text == "false")
    #expect(reply.finishReason == .stop)
    #expect(reply.reasoning != nil)
  }

  @Test("an answer that begins with an empty thought has none")
  func closed() throws {
    let (checkpoint, model) = try model()
    defer { withExtendedLifetime(checkpoint) {} }
    let reply = try reply(model, prefill: "<think>\n</think>", limit: 0)
    #expect(reply.reasoning == nil)
    #expect(!reply.text.isEmpty)
    let prompt = model.tokenizer.decode(reply.promptTokenIDs, skippingSpecial: false)
    #expect(prompt.hasSuffix("<|im_start|>assistant\n<think>\n</think>"))
  }

  @Test("a model without the marks does not think")
  func noMarks() throws {
    let model = try VisionLanguageModel(
      folder: SharedFixtures.url("models/qwen2-bf16"), options: ModelOptions(threads: 2))
    #expect(!model.thinks)
    #expect(try reply(model).reasoning == nil)
  }

  @Test("the system message for thinking is the model card's")
  func message() {
    let text = ConversationTemplate.thinkingMessage
    #expect(text.utf8.count == 608)
    #expect(
      text.hasPrefix("You are an AI assistant that rigorously follows this response protocol:"))
  }
}
