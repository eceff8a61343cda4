import Foundation
import InternVL
import TestSupport
import Testing

@testable import Models

@Suite("Conversations that fit beside each other")
struct BatchRequestTests {
  private let configuration: Configuration
  private let options = ModelOptions(contextLength: 2048)

  init() throws {
    configuration = try Configuration(
      folder: SharedFixtures.projectRoot.appending(path: "demo/model"))
  }

  private func cacheLength(answerTokens: Int, freeBytes: Int?) throws -> Int {
    let batch = try BatchRequest(conversations: 8, answerTokens: answerTokens).options(
      options, configuration: configuration, maxTiles: 1, freeBytes: freeBytes)
    #expect(batch.sequences == 8)
    return try #require(batch.cacheLength)
  }

  @Test("with enough memory there is room for all of them")
  func enough() throws {
    let each = configuration.tokensPerTile + 256 + 512
    #expect(try cacheLength(answerTokens: 512, freeBytes: nil) == 8 * each)
    #expect(try cacheLength(answerTokens: 512, freeBytes: .max) == 8 * each)
  }

  @Test("what fits into free memory decides, but one conversation of full length always may")
  func short() throws {
    let all = try cacheLength(answerTokens: 512, freeBytes: nil)
    var some = options
    some.sequences = 8
    some.cacheLength = all / 2
    let half = try ModelPlan(configuration).memory(some, maxTiles: 1).totalBytes
    #expect(try cacheLength(answerTokens: 512, freeBytes: half) == all / 2)
    #expect(try cacheLength(answerTokens: 512, freeBytes: 1) == options.contextLength)
  }
}
