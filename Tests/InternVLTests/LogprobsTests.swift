import Foundation
import TestSupport
import Testing

@testable import InternVL

@Suite("Log probabilities", .enabled(if: SharedFixtures.present))
struct LogprobsTests {
  private func model() throws -> VisionLanguageModel {
    try VisionLanguageModel(
      folder: SharedFixtures.url("models/qwen2-awq"),
      options: ModelOptions(precision: .fast, threads: 2))
  }

  @Test("they are the log-softmax of the model's own logits, whatever is drawn")
  func logSoftmax() throws {
    let recorder = Recorder()
    let question = Conversation(messages: [Message(role: .user, content: "Hello")])
    let options = GenerationOptions(
      maxTokens: 6, temperature: 1, topK: 40, repetitionPenalty: 1.5, frequencyPenalty: 1, seed: 5,
      logprobs: 7)
    let scheduler = try Scheduler(model())
    let reply = try scheduler.reply(to: question, options: options, recorder: recorder)
    let rows = try #require(recorder.floats("logits"))
    let vocabulary = rows.count / max(1, reply.tokenIDs.count)
    #expect(reply.choices.map(\.chosen.token) == reply.tokenIDs)
    for (place, choice) in reply.choices.enumerated() {
      let row = rows[place * vocabulary..<(place + 1) * vocabulary].map(Double.init)
      let largest = row.max() ?? 0
      let total = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
      #expect(choice.top.count == 7)
      for entry in choice.top + [choice.chosen] {
        #expect(abs(Double(entry.logprob) - (row[Int(entry.token)] - total)) < 1e-5)
      }
      let best = row.indices.sorted { (row[$0], $1) > (row[$1], $0) }.prefix(7)
      #expect(choice.top.map { Int($0.token) } == Array(best))
    }
  }

  @Test("asking for them changes no token")
  func sameTokens() throws {
    let question = Conversation(messages: [Message(role: .user, content: "Hello")])
    let model = try model()
    for temperature: Float in [0, 1] {
      var options = GenerationOptions(maxTokens: 8, temperature: temperature, topK: 30, seed: 6)
      let plain = try Scheduler(model).reply(to: question, options: options)
      options.logprobs = 0
      let asked = try Scheduler(model).reply(to: question, options: options)
      #expect(plain.tokenIDs == asked.tokenIDs && plain.choices.isEmpty)
      #expect(asked.choices.count == asked.tokenIDs.count)
    }
  }
}
