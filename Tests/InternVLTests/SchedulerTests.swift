import Foundation
import TestSupport
import Testing

@testable import InternVL

@Suite("The generation loop", .enabled(if: SharedFixtures.present))
struct SchedulerTests {
  private func model(
    _ name: String = "qwen2-bf16", contextLength: Int = 8192, sequences: Int = 1,
    precision: Precision = .exact
  ) throws -> VisionLanguageModel {
    try VisionLanguageModel(
      folder: SharedFixtures.url("models/\(name)"),
      options: ModelOptions(
        precision: precision, threads: 2, contextLength: contextLength, sequences: sequences))
  }

  private func picture(_ name: String) throws -> Image {
    try Image(contentsOf: SharedFixtures.url("images/\(name)"))
  }

  private func ask(_ text: String, _ images: [Image] = []) -> Conversation {
    Conversation(messages: [Message(role: .user, content: text)], images: images)
  }

  private let short = GenerationOptions(maxTokens: 12)

  @Test("a second turn answers as a fresh session would, without computing the first turn again")
  func secondTurn() throws {
    let model = try model()
    let scheduler = Scheduler(model)
    var conversation = ask("What is it?", [try picture("strip-3x1.png")])
    let first = try scheduler.reply(to: conversation, options: short)
    // As the reference does, the question keeps its placeholder in the history.
    conversation.messages[0].content = "<image>\n" + conversation.messages[0].content
    conversation.messages.append(Message(role: .assistant, content: first.text))
    conversation.messages.append(Message(role: .user, content: "And what else?"))
    let second = try scheduler.reply(to: conversation, options: short)
    let fresh = try Scheduler(model).reply(to: conversation, options: short)
    #expect(second.tokenIDs == fresh.tokenIDs)
    #expect(second.timings.reusedTokens > first.promptTokenIDs.count / 2)
    #expect(fresh.timings.reusedTokens == 0)
  }

  @Test("another picture at the same place is not mistaken for the first")
  func otherPicture() throws {
    let model = try model()
    let scheduler = Scheduler(model)
    _ = try scheduler.reply(to: ask("Colour?", [try picture("portrait-small.png")]), options: short)
    let other = ask("Colour?", [try picture("one-pixel.png")])
    let reused = try scheduler.reply(to: other, options: short)
    let fresh = try Scheduler(model).reply(to: other, options: short)
    #expect(reused.tokenIDs == fresh.tokenIDs)
  }

  @Test("running answers have their share of the KV caches, and give it back")
  func cacheUse() throws {
    let scheduler = Scheduler(try model(contextLength: 1024))
    #expect(scheduler.cacheUse.share == 0)
    let prompt = try scheduler.model.prompts.prompt(ask("Hello"), maxTiles: nil)
    let id = try scheduler.submit(prompt, options: short) { _ in }
    #expect(scheduler.cacheUse.share == 0)
    scheduler.step()
    #expect(scheduler.cacheUse.share == Double(prompt.tokens.count + 12) / 1024)
    scheduler.cancel(id)
    #expect(scheduler.cacheUse.share == 0)
  }

  @Test("a cancelled answer keeps what was generated, and the session goes on")
  func cancelled() throws {
    let model = try model()
    let scheduler = Scheduler(model)
    var pieces = 0
    let question = ask("Tell me a story.")
    let cut = try scheduler.reply(
      to: question, options: GenerationOptions(maxTokens: 32), isCancelled: { pieces >= 3 },
      onText: { _ in pieces += 1 })
    #expect(cut.finishReason == .cancelled)
    #expect(!cut.text.isEmpty)
    let again = try scheduler.reply(to: question, options: short)
    #expect(Array(again.tokenIDs.prefix(3)) == Array(cut.tokenIDs.prefix(3)))
  }

  @Test("the pieces shown while streaming add up to the text")
  func streaming() throws {
    var shown = ""
    let reply = try Scheduler(model()).reply(
      to: ask("Hello"), options: GenerationOptions(maxTokens: 32), onText: { shown += $0 })
    #expect(shown == reply.text)
  }

  @Test("recording changes no token of the answer to a prompt in several pieces")
  func recordedPieces() throws {
    let scheduler = try Scheduler(model())
    let question = ask(String(repeating: "word after word ", count: 500))
    let plain = try scheduler.reply(to: question, options: short)
    let recorded = try Scheduler(model()).reply(
      to: question, options: short, recorder: Recorder())
    #expect(plain.promptTokenIDs.count > 2 * Prompt.pieceTokens)
    #expect(plain.tokenIDs == recorded.tokenIDs)
  }

  @Test("a prompt longer than the context is refused with both numbers")
  func promptTooLong() throws {
    let scheduler = try Scheduler(model(contextLength: 40))
    #expect {
      try scheduler.reply(to: ask(String(repeating: "word ", count: 100)), options: short)
    } throws: { error in
      guard case InternVLError.promptTooLong(let tokens, 40) = error else { return false }
      return tokens > 100
    }
  }

  @Test("an answer ends where the context does", arguments: [500, .max])
  func contextEnds(maxTokens: Int) throws {
    let reply = try Scheduler(model(contextLength: 60)).reply(
      to: ask("Hello"), options: GenerationOptions(maxTokens: maxTokens))
    #expect(reply.finishReason == .length)
    #expect(reply.promptTokenIDs.count + reply.tokenIDs.count == 60)
  }

  @Test("conversations answered together give the same tokens as one by one")
  func batch() throws {
    let questions = try [
      ask("Hello"), ask("What is it?", [picture("portrait-small.png")]), ask("你好"),
      ask("Tell me a long story about the sea."), ask("Colour?", [picture("strip-3x1.png")]),
    ]
    let alone = try model()
    let expected = try questions.map {
      try Scheduler(alone).reply(to: $0, options: short).tokenIDs
    }
    let scheduler = try Scheduler(model(sequences: 3))
    var answers: [Int: [Int32]] = [:]
    for (index, question) in questions.enumerated() {
      try scheduler.submit(question, options: short) { event in
        guard case .ended(let result) = event else { return }
        answers[index] = try? result.get().tokenIDs
      }
    }
    while !scheduler.isIdle { scheduler.step() }
    #expect(answers == Dictionary(uniqueKeysWithValues: expected.enumerated().map { ($0, $1) }))
  }

  @Test(
    "fast precision stays close to exact logits",
    arguments: ["qwen2-awq", "internlm2-awq-bin"])
  func fastIsClose(name: String) throws {
    func logits(_ precision: Precision) throws -> [Float] {
      let recorder = Recorder()
      _ = try Scheduler(model(name, precision: precision)).reply(
        to: ask("What is it?", [picture("portrait-small.png")]),
        options: GenerationOptions(maxTokens: 1), recorder: recorder)
      return try #require(recorder.floats("logits"))
    }
    let (exact, fast) = (try logits(.exact), try logits(.fast))
    let product = zip(exact, fast).reduce(Float(0)) { $0 + $1.0 * $1.1 }
    let lengths = exact.reduce(Float(0)) { $0 + $1 * $1 } * fast.reduce(Float(0)) { $0 + $1 * $1 }
    #expect(product / lengths.squareRoot() > 0.999)
  }

  @Test("a conversation's tokens are answered as the conversation is")
  func tokens() throws {
    let scheduler = Scheduler(try model())
    let expected = try scheduler.reply(to: ask("hello"), options: short)
    var answer: Reply?
    _ = scheduler.submit(tokens: expected.promptTokenIDs, options: short) {
      if case .ended(let result) = $0 { answer = try? result.get() }
    }
    #expect(scheduler.isReading && scheduler.cacheBytes == 0)
    while scheduler.isReading { scheduler.step() }
    #expect(scheduler.cacheBytes > 0)
    while !scheduler.isIdle { scheduler.step() }
    #expect(answer?.tokenIDs == expected.tokenIDs)
  }
}
