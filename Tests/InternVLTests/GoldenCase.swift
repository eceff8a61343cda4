import Foundation
import Testing
import TestSupport

@testable import InternVL

/// A conversation with what the reference implementation answered, from `shared/fixtures/golden`.
struct GoldenCase: Decodable, CustomTestStringConvertible {
  struct Turn: Decodable {
    let role: String
    let content: String
  }
  struct Picture: Decodable {
    let file: String
    let grid: [Int]
    let tiles: Int
  }

  let variant: String
  let name: String
  let model: String
  let messages: [Turn]
  let images: [Picture]
  let maximumTiles: Int
  let maximumNewTokens: Int
  let promptTokens: [Int32]
  let greedyTokens: [Int32]
  let finishReason: String
  let text: String
  let tensors: String

  enum CodingKeys: String, CodingKey {
    case variant, model, messages, images, text, tensors
    case name = "case"
    case maximumTiles = "max_num"
    case maximumNewTokens = "max_new_tokens"
    case promptTokens = "prompt_ids"
    case greedyTokens = "greedy_ids"
    case finishReason = "finish_reason"
  }

  var testDescription: String { "\(variant)/\(name)" }

  /// The conversation as this library takes it.
  func conversation() throws -> Conversation {
    Conversation(
      messages: try messages.map { turn in
        let role = try #require(Message.Role(rawValue: turn.role))
        return Message(role: role, content: turn.content)
      },
      images: try images.map { try Image(contentsOf: SharedFixtures.url($0.file)) })
  }

  /// All cases; none where the fixtures are not present.
  static let all: [GoldenCase] = index.compactMap { entry in
    guard let bytes = try? Data(contentsOf: SharedFixtures.url(entry.file)) else { return nil }
    return try? JSONDecoder().decode(GoldenCase.self, from: bytes)
  }

  /// The index's entries; none where the fixtures are not present.
  static let index: [Entry] = {
    guard let bytes = try? Data(contentsOf: SharedFixtures.url("golden/index.json")) else {
      return []
    }
    return (try? JSONDecoder().decode([Entry].self, from: bytes)) ?? []
  }()

  struct Entry: Decodable { let file: String }

  /// The names of the checkpoints that the cases use.
  static let models: [String] = Set(all.map(\.model)).sorted()
}
