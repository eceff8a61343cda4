import Foundation
import TestSupport
import Testing

/// `launch --json --logprobs`, as scripts read it.
@Suite("Log probabilities of the program", .enabled(if: SharedFixtures.present))
struct LogprobsProgramTests {
  /// The fields, under OpenAI's names; decoding fails where one is missing or of another type.
  private struct Answer: Decodable {
    struct Logprobs: Decodable { let content: [Entry] }
    struct Entry: Decodable {
      let token: String, bytes: [UInt8], logprob: Double
      let top_logprobs: [Alternative]
    }
    struct Alternative: Decodable, Equatable { let token: String, bytes: [UInt8], logprob: Double }

    let text: String, token_ids: [Int], finish_reason: String
    let logprobs: Logprobs?
  }

  private func answer(_ arguments: String...) throws -> Answer {
    let result = try Program.run(
      [
        "launch", "--model-path", SharedFixtures.url("models/qwen2-bf16").path, "--threads", "1",
        "-p", "hello", "--max-tokens", "12", "--json",
      ] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
  }

  @Test("each token stands with as many likeliest ones as were asked for, itself the first of them")
  func greedy() throws {
    let answer = try answer("--logprobs", "3")
    let entries = try #require(answer.logprobs).content
    #expect(entries.count == answer.token_ids.count && !entries.isEmpty)
    #expect(String(decoding: entries.flatMap(\.bytes), as: UTF8.self).contains(answer.text))
    for entry in entries {
      let values = entry.top_logprobs.map(\.logprob)
      #expect(values.count == 3)
      #expect(values == values.sorted(by: >))
      #expect(values.allSatisfy { $0 <= 0 })
      #expect(values.reduce(0) { $0 + exp($1) } <= 1.0001)
      #expect(
        entry.top_logprobs.first
          == .init(token: entry.token, bytes: entry.bytes, logprob: entry.logprob))
      #expect(entry.token == String(decoding: entry.bytes, as: UTF8.self))
    }
  }

  @Test("a token that is drawn from the likeliest is among them")
  func drawn() throws {
    let answer = try answer("--temperature", "2", "--top-k", "5", "--seed", "3", "--logprobs", "5")
    let entries = try #require(answer.logprobs).content
    #expect(entries.count == answer.token_ids.count)
    for entry in entries {
      #expect(
        entry.top_logprobs.contains(
          .init(token: entry.token, bytes: entry.bytes, logprob: entry.logprob)))
    }
    // At this temperature others than the likeliest are drawn, too.
    #expect(entries.contains { $0.logprob < $0.top_logprobs[0].logprob })
  }

  @Test("none are printed unless they are asked for, and with 0 only the tokens' own")
  func counts() throws {
    #expect(try answer().logprobs == nil)
    let entries = try #require(try answer("--logprobs", "0").logprobs).content
    #expect(!entries.isEmpty && entries.allSatisfy(\.top_logprobs.isEmpty))
  }

  @Test("a stop text ends the answer and is not shown")
  func stop() throws {
    let whole = try answer().text
    let middle = whole.index(whole.startIndex, offsetBy: whole.count / 2)
    let stop = String(whole[middle...].prefix(2))
    let answer = try answer("--stop", stop, "--logprobs", "1")
    #expect(answer.finish_reason == "stop")
    #expect(!answer.text.contains(stop))
    #expect(whole.hasPrefix(answer.text))
    #expect(try #require(answer.logprobs).content.count == answer.token_ids.count)
  }
}
