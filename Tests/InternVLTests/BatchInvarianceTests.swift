import Files
import Foundation
import TestSupport
import Testing

@testable import InternVL

/// The promise of docs/accuracy.md: what a conversation is answered has the same bits, whatever else is
/// answered beside it, whatever is remembered, and whatever the number of threads.
@Suite("Batch invariance")
struct BatchInvarianceTests {
  @Test("the bundled model", arguments: Precision.allCases)
  func demo(precision: Precision) throws {
    try check(SharedFixtures.projectRoot.appending(path: "demo/model"), precision)
  }

  @Test(
    "each language architecture", .enabled(if: SharedFixtures.present),
    arguments: ["qwen2-bf16", "qwen2-awq", "internlm2", "internlm2-awq-bin", "internlm3"],
    Precision.allCases)
  func architectures(name: String, precision: Precision) throws {
    try check(SharedFixtures.url("models/\(name)"), precision)
  }

  /// What an answer must have in common with itself: its tokens, and a hash of every logit.
  private struct Trace: Equatable {
    var tokens: [Int32] = []
    var logits: [String] = []
  }

  /// Answers twenty conversations alone, and then in batches, in random orders, and asked again.
  private func check(_ folder: URL, _ precision: Precision) throws {
    let conversations = try conversations()
    var random = SplitMix64(seed: 11)
    let alone = try model(folder, precision, lanes: 1)
    let expected = try conversations.indices.map { index in
      try #require(try answer(conversations, [index], by: Scheduler(alone))[index])
    }
    #expect(Set(expected.map(\.logits)).count == conversations.count, "every answer is another")
    for lanes in [1, 2, 4] {
      let model = try model(folder, precision, lanes: lanes)
      // Each batch finds what those before it left behind; the last scheduler begins anew.
      let warm = Scheduler(model)
      for size in 2...8 {
        let batch = Array(conversations.indices.shuffled(using: &random).prefix(size))
        let traces = try answer(conversations, batch, by: warm, lateness: size % 3)
        for index in batch {
          #expect(traces[index] == expected[index], "\(index) of \(batch), \(lanes) lanes")
        }
      }
      let order = conversations.indices.shuffled(using: &random)
      let traces = try answer(conversations, order, by: Scheduler(model))
      for index in order {
        #expect(traces[index] == expected[index], "\(index) of all, \(lanes) lanes")
      }
    }
  }

  private func model(
    _ folder: URL, _ precision: Precision, lanes: Int
  ) throws -> VisionLanguageModel {
    try VisionLanguageModel(
      folder: folder,
      options: ModelOptions(
        precision: precision, threads: lanes, contextLength: 4096, sequences: 8,
        cacheLength: 12_288))
  }

  /// Answers some of the conversations together; every one but the first comes `lateness` steps after
  /// the one before.
  private func answer(
    _ conversations: [Conversation], _ batch: [Int], by scheduler: Scheduler, lateness: Int = 0
  ) throws -> [Int: Trace] {
    var traces: [Int: Trace] = [:]
    var indices: [Scheduler.ID: Int] = [:]
    scheduler.onLogits = { id, logits in
      guard let index = indices[id] else { return }
      traces[index, default: Trace()].logits.append(
        Digest.sha256(UnsafeRawBufferPointer(logits)))
    }
    for index in batch {
      // Sampled answers meet all of the logits, greedy ones the likeliest.
      let options = GenerationOptions(
        maxTokens: 3 + index % 5, temperature: index % 4 == 3 ? 1 : 0, topK: 50,
        seed: UInt64(index), maxTiles: 2)
      let id = try scheduler.submit(conversations[index], options: options) { event in
        guard case .ended(.success(let reply)) = event else { return }
        traces[index, default: Trace()].tokens = reply.tokenIDs
      }
      indices[id] = index
      for _ in 0..<lateness { scheduler.step() }
    }
    while !scheduler.isIdle { scheduler.step() }
    return traces
  }

  /// Twenty conversations that share pictures, system messages and earlier turns.
  private func conversations() throws -> [Conversation] {
    let images = try ["three-shapes.png", "one-star.jpg", "wide.png"].map {
      try Image(
        contentsOf: SharedFixtures.projectRoot.appending(path: "demo/pictures/\($0)"))
    }
    let long = (0..<90).map { "Line \($0) of a long text." }.joined(separator: " ")
    let texts = [
      "What is this?", "Describe the image.", "这是什么？", "Count the shapes.", long, "Hi",
    ]
    var conversations = texts.map { Conversation(messages: [Message(role: .user, content: $0)]) }
    for (index, image) in images.enumerated() {
      for text in [texts[index], texts[index + 1]] {
        conversations.append(
          Conversation(messages: [Message(role: .user, content: text)], images: [image]))
      }
    }
    let system = Message(role: .system, content: "You are brief.")
    for index in 0..<4 {
      var messages = [
        system, Message(role: .user, content: "<image>\n\(texts[index])"),
        Message(role: .assistant, content: "A red circle."),
        Message(role: .user, content: "Where is it?"),
      ]
      if index > 1 { messages.removeFirst() }
      conversations.append(Conversation(messages: messages, images: [images[index % 3]]))
    }
    for index in 0..<4 {
      conversations.append(
        Conversation(
          messages: [system, Message(role: .user, content: texts[index])],
          images: index < 2 ? [images[0], images[index]] : []))
    }
    return conversations
  }
}
