import Foundation
import TestSupport
import Testing

@testable import InternVL

@Suite("Answers for many callers at once")
struct GenerationServiceTests {
  private func scheduler(
    contextLength: Int = 512, sequences: Int = 4, cacheLength: Int? = nil
  ) throws -> sending Scheduler {
    Scheduler(
      try VisionLanguageModel(
        folder: SharedFixtures.projectRoot.appending(path: "demo/model"),
        options: ModelOptions(
          threads: 2, contextLength: contextLength, sequences: sequences,
          cacheLength: cacheLength)))
  }

  private func question(_ text: String) -> Conversation {
    Conversation(messages: [Message(role: .user, content: text)])
  }

  private func picture(_ text: String) throws -> Conversation {
    let file = SharedFixtures.projectRoot.appending(path: "demo/pictures/three-shapes.png")
    return Conversation(
      messages: [Message(role: .user, content: text)], images: [try Image(contentsOf: file)])
  }

  /// The text that came in pieces, and the reply.
  private func collect(
    _ events: AsyncStream<Scheduler.Event>
  ) async throws -> (pieces: String, reply: Reply) {
    var pieces = ""
    for await event in events {
      switch event {
      case .text(let piece): pieces += piece
      case .ended(let result): return (pieces, try result.get())
      case .started, .chose, .thought: break
      }
    }
    throw CancellationError()
  }

  @Test("callers on many threads get the answers they get alone")
  func manyCallers() async throws {
    let texts = ["What is this?", "Describe the image.", "Count the shapes.", "Where is the star?"]
    var expected: [String] = []
    for text in texts {
      let conversation = try picture(text)
      expected.append(
        try scheduler().reply(to: conversation, options: GenerationOptions(maxTokens: 12)).text)
    }
    let service = GenerationService(try scheduler(cacheLength: 4096))
    try await withThrowingTaskGroup(of: (Int, String, String).self) { group in
      for _ in 0..<3 {
        for (index, text) in texts.enumerated() {
          let conversation = try picture(text)
          group.addTask {
            let events = service.answer(conversation, options: GenerationOptions(maxTokens: 12))
            let answer = try await collect(events)
            return (index, answer.pieces, answer.reply.text)
          }
        }
      }
      for try await (index, pieces, text) in group {
        #expect(pieces == text)
        #expect(text == expected[index])
      }
    }
  }

  @Test("what does not fit beside the others waits, and is answered in the end")
  func admission() async throws {
    // Room for one conversation of full length at a time.
    let service = GenerationService(try scheduler(contextLength: 128, sequences: 4))
    let lengths = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<6 {
        let conversation = question("Tell me story \(index).")
        group.addTask {
          let events = service.answer(conversation, options: GenerationOptions(maxTokens: 500))
          let reply = try await collect(events).reply
          return reply.finishReason == .length
            ? reply.promptTokenIDs.count + reply.tokenIDs.count : 128
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(lengths == [Int](repeating: 128, count: 6))
  }

  @Test("a conversation that makes no prompt is refused, and the others go on")
  func refused() async throws {
    let service = GenerationService(try scheduler())
    let bad = service.answer(try picture("Two <image> and <image>"))
    let good = service.answer(question("Hi"), options: GenerationOptions(maxTokens: 4))
    await #expect(throws: InternVLError.self) { _ = try await collect(bad) }
    #expect(try await collect(good).reply.tokenIDs.count <= 4)
  }

  @Test("a consumer that does not read holds nobody up")
  func slowConsumer() async throws {
    let service = GenerationService(try scheduler(contextLength: 2048, cacheLength: 8192))
    let unread = service.answer(question("Tell me."), options: GenerationOptions(maxTokens: 300))
    let read = service.answer(question("Hello"), options: GenerationOptions(maxTokens: 8))
    #expect(try await collect(read).reply.tokenIDs.count <= 8)
    #expect(try await !collect(unread).reply.tokenIDs.isEmpty)
  }

  @Test("a consumer that goes away cancels its answer, and its room is free again")
  func consumerLeaves() async throws {
    let service = GenerationService(try scheduler(contextLength: 256, sequences: 1))
    for _ in 0..<4 {
      let events = service.answer(question("Go on."), options: GenerationOptions(maxTokens: 200))
      let task = Task { for await _ in events { return } }
      await task.value
    }
    let last = service.answer(question("Hi"), options: GenerationOptions(maxTokens: 3))
    #expect(try await collect(last).reply.tokenIDs.count <= 3)
  }

  @Test("tokens come with their probabilities, before the text that they bring")
  func choices() async throws {
    let service = GenerationService(try scheduler())
    let options = GenerationOptions(maxTokens: 8, logprobs: 2)
    var events: [String] = []
    var chosen: [TokenChoice] = []
    var reply: Reply?
    for await event in service.answer(try picture("What is this?"), options: options) {
      switch event {
      case .started: events.append("started")
      case .chose(let choice):
        events.append("chose")
        chosen.append(choice)
      case .thought: events.append("thought")
      case .text: events.append("text")
      case .ended(let result):
        events.append("ended")
        reply = try result.get()
      }
    }
    #expect(events.prefix(3) == ["started", "chose", "text"])
    #expect(events.last == "ended")
    #expect(!chosen.isEmpty && chosen == reply?.choices)
  }

  @Test("a service that was stopped has let its model go, and answers nothing more")
  func stop() async throws {
    let service = GenerationService(try scheduler())
    let running = service.answer(question("Hi"), options: GenerationOptions(maxTokens: 400))
    await service.stop()
    var last: Scheduler.Event?
    for await event in running { last = event }
    if case .ended(.success(let reply))? = last { #expect(reply.finishReason == .cancelled) }
    for await _ in service.answer(question("Hi")) { Issue.record("a stopped service answers") }
    await service.stop()
  }
}

@Suite("Cancelling an answer in each of its states")
struct CancellationTests {
  private func scheduler(sequences: Int = 2) throws -> Scheduler {
    Scheduler(
      try VisionLanguageModel(
        folder: SharedFixtures.projectRoot.appending(path: "demo/model"),
        options: ModelOptions(
          threads: 2, contextLength: 1024, sequences: sequences, cacheLength: 4096)))
  }

  @Test("waiting, encoding, reading and decoding all end at once, and leave the neighbour alone")
  func everyState() throws {
    let file = SharedFixtures.projectRoot.appending(path: "demo/pictures/wide.png")
    let long = (0..<60).map { "Line \($0)." }.joined(separator: " ")
    let cancelled = Conversation(
      messages: [Message(role: .user, content: long)], images: [try Image(contentsOf: file)])
    let neighbour = Conversation(messages: [Message(role: .user, content: "Hello there")])
    let options = GenerationOptions(maxTokens: 24)
    let expected = try scheduler().reply(to: neighbour, options: options).tokenIDs
    for steps in 0..<16 {
      let scheduler = try scheduler()
      var replies: [Reply] = []
      func keep(_ event: Scheduler.Event) {
        if case .ended(.success(let reply)) = event { replies.append(reply) }
      }
      let id = try scheduler.submit(cancelled, options: options, onEvent: keep)
      try scheduler.submit(neighbour, options: options, onEvent: keep)
      for _ in 0..<steps { scheduler.step() }
      let before = replies.count
      scheduler.cancel(id)
      #expect(replies.count == before + 1)
      #expect(replies.last?.finishReason == .cancelled, "after \(steps) steps")
      while !scheduler.isIdle { scheduler.step() }
      #expect(replies.count == 2)
      #expect(replies.last?.tokenIDs == expected, "after \(steps) steps")
    }
  }

  @Test("whoever hears of a piece may cancel its own answer and another one")
  func fromInside() throws {
    let scheduler = try scheduler()
    var ids: [Scheduler.ID] = []
    var ended: [Reply.FinishReason] = []
    for _ in 0..<2 {
      ids.append(
        try scheduler.submit(
          Conversation(messages: [Message(role: .user, content: "Tell me a story.")])
        ) { event in
          switch event {
          case .text: ids.forEach(scheduler.cancel)
          case .ended(let result): ended.append((try? result.get().finishReason) ?? .stop)
          case .started, .chose, .thought: break
          }
        })
    }
    while !scheduler.isIdle { scheduler.step() }
    #expect(ended == [.cancelled, .cancelled])
  }
}
