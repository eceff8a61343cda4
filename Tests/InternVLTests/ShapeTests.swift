import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import InternVL

/// Answers that are held to a schema, by the bundled model, which knows nothing of JSON.
@Suite("Answers of a given shape")
struct ShapeTests {
  private static let schema = """
    {"type":"object","properties":{"title":{"type":"string"},"count":{"type":"integer"},
     "kind":{"enum":["photo","drawing"]},"tags":{"type":"array","items":{"type":"string"}}},
     "required":["title","count","kind"],"additionalProperties":false}
    """

  private func model(_ precision: Precision, sequences: Int = 1) throws -> VisionLanguageModel {
    try VisionLanguageModel(
      folder: SharedFixtures.projectRoot.appending(path: "demo/model"),
      options: ModelOptions(
        precision: precision, threads: 2, contextLength: 1024, sequences: sequences))
  }

  private func ask(_ text: String) -> Conversation {
    Conversation(messages: [Message(role: .user, content: text)], images: [])
  }

  private func members(_ reply: Reply) throws -> [String: JSONValue] {
    try JSONObject.members(Array(reply.text.utf8).span.bytes)
  }

  @Test(
    "an answer is a value that fits, greedy and drawn, with and without log probabilities",
    arguments: Precision.allCases)
  func fits(precision: Precision) throws {
    let scheduler = Scheduler(try model(precision))
    let shape = try OutputShape(jsonSchema: Data(Self.schema.utf8))
    for options in [
      GenerationOptions(maxTokens: 60, shape: shape),
      GenerationOptions(maxTokens: 60, shape: shape, logprobs: 3),
      GenerationOptions(maxTokens: 60, temperature: 1.5, seed: 4, shape: shape),
      GenerationOptions(maxTokens: 60, temperature: 1, topK: 50, seed: 4, shape: shape),
      GenerationOptions(maxTokens: 60, repetitionPenalty: 1.2, shape: shape),
    ] {
      let reply = try scheduler.reply(to: ask("What is it?"), options: options)
      #expect(shape.allows(Data(reply.text.utf8)) == true, "\(reply.text)")
      #expect(try members(reply)["kind"] != nil)
      #expect(reply.finishReason == .stop)
      #expect(reply.tokenIDs.count <= 60)
      #expect(reply.choices.count == (options.logprobs == nil ? 0 : reply.tokenIDs.count))
    }
  }

  @Test("log probabilities are those of the model, whatever the shape allows")
  func logprobs() throws {
    let scheduler = Scheduler(try model(.fast))
    let options = GenerationOptions(maxTokens: 1, logprobs: 1)
    let free = try scheduler.reply(to: ask("What is it?"), options: options)
    var held = options
    held.shape = try OutputShape(shorthand: "a:bool")
    held.maxTokens = 20
    let shaped = try scheduler.reply(to: ask("What is it?"), options: held)
    #expect(shaped.choices[0].top == free.choices[0].top)
    #expect(shaped.choices[0].chosen.token != free.choices[0].chosen.token)
  }

  @Test("an answer is closed at the token limit, and says so", arguments: [24, 32, 40])
  func closed(limit: Int) throws {
    let scheduler = Scheduler(try model(.fast))
    let shape = try OutputShape(shorthand: "title, tags[]")
    let reply = try scheduler.reply(
      to: ask("What is it?"), options: GenerationOptions(maxTokens: limit, shape: shape))
    #expect(reply.tokenIDs.count <= limit)
    #expect(shape.allows(Data(reply.text.utf8)) == true, "\(reply.text)")
    #expect(reply.finishReason == .stop)
    let isClosed = reply.notes.contains(.closedEarly(tokens: reply.tokenIDs.count))
    #expect(isClosed == (reply.tokenIDs.count > limit - 12))
  }

  @Test("a limit below the shortest answer is refused before anything is computed")
  func tooLong() throws {
    let scheduler = Scheduler(try model(.fast))
    let shape = try OutputShape(shorthand: "title, tags[]")
    #expect {
      try scheduler.reply(to: ask("?"), options: GenerationOptions(maxTokens: 3, shape: shape))
    } throws: { error in
      guard case InternVLError.shapeTooLong(let tokens, 3) = error else { return false }
      return tokens > 3
    }
  }

  @Test(
    "answers of a shape have the same tokens alone and beside others", arguments: Precision.allCases
  )
  func invariance(precision: Precision) throws {
    let shapes: [OutputShape?] = [
      try OutputShape(jsonSchema: Data(Self.schema.utf8)), nil,
      try OutputShape(shorthand: "count:int, tags[]"), .anyObject,
    ]
    func options(_ index: Int) -> GenerationOptions {
      GenerationOptions(
        maxTokens: 40, temperature: index % 2 == 0 ? 0 : 1, seed: 7, shape: shapes[index])
    }
    let alone = try shapes.indices.map { index in
      try Scheduler(model(precision)).reply(to: ask("Number \(index)?"), options: options(index))
        .tokenIDs
    }
    let scheduler = Scheduler(try model(precision, sequences: 4))
    var together = [[Int32]](repeating: [], count: shapes.count)
    for index in shapes.indices {
      try scheduler.submit(ask("Number \(index)?"), options: options(index)) { event in
        if case .ended(.success(let reply)) = event { together[index] = reply.tokenIDs }
      }
    }
    while !scheduler.isIdle { scheduler.step() }
    #expect(together == alone)
  }

  @Test("a schema is found in a request, with its properties in their order")
  func inRequest() throws {
    let request =
      #"{"a":[{"f":1}],"f":{"t":"x","s":{"type":"object","properties":{"z":{"type":"null"},"a":{"type":"null"}},"required":["z","a"]}},"g":"\"}"}"#
    let shape = try OutputShape(jsonSchemaAt: ["f", "s"], in: Array(request.utf8))
    #expect(shape.allows(Data(#"{"z":null,"a":null}"#.utf8)) == true)
    #expect(shape.allows(Data(#"{"a":null,"z":null}"#.utf8)) == false)
    for path in [["f", "x"], ["a", "f"], ["g", "s"]] {
      #expect(throws: InternVLError.self) {
        try OutputShape(jsonSchemaAt: path, in: Array(request.utf8))
      }
    }
  }

  @Test("samples of a shape are values that fit")
  func samples() throws {
    let shape = try OutputShape(
      shorthand: "title, tags[], has_people:bool, count:int, kind:photo|drawing")
    let model = try model(.fast)
    let samples = try shape.samples(20, maxTokens: 80, seed: 3, tokenizer: model.tokenizer)
    for sample in samples {
      let text = model.tokenizer.decode(sample, skippingSpecial: true)
      #expect(shape.allows(Data(text.utf8)) == true, "\(text)")
    }
    #expect(Set(samples).count > 1)
  }

  @Test("a schema that cannot be used is an error with the keyword")
  func refused() {
    for schema in ["{\"not\":{}}", "{", "false"] {
      #expect(throws: InternVLError.self) { try OutputShape(jsonSchema: Data(schema.utf8)) }
    }
    #expect(throws: InternVLError.self) { try OutputShape(shorthand: "a:colour") }
  }
}
