import Foundation
import InternVL
import OpenAIMessages

/// A chat as a file: messages in OpenAI's form, which `--messages` reads too.
///
/// A picture is a `file:` address, or a `data:` one where it has no file, with a digest by which a
/// changed one is noticed.
struct ChatDocument: Codable {
  /// The bytes of the largest file that is read, with the pictures in it.
  static let sizeLimit = 256 << 20

  var messages: [MessageDocument]

  init(json: Data) throws { self = try JSONDecoder().decode(ChatDocument.self, from: json) }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}

// MARK: - From a chat

extension ChatDocument {
  init(_ log: ChatLog) {
    messages = log.system.map { [MessageDocument(role: "system", content: .text($0))] } ?? []
    for turn in log.turns {
      messages.append(MessageDocument(role: "user", content: Self.content(of: turn)))
      if let answer = turn.answer {
        messages.append(MessageDocument(role: "assistant", content: .text(answer)))
      }
    }
  }

  private static func content(of turn: ChatTurn) -> MessageDocument.Content {
    guard !turn.pictures.isEmpty else { return .text(turn.question) }
    let lead = String(repeating: "<image>\n", count: turn.pictures.count)
    let text = turn.question.contains("<image>") ? turn.question : lead + turn.question
    let texts = text.split(separator: "<image>", omittingEmptySubsequences: false)
    var parts: [MessageDocument.Part] = []
    for (index, text) in texts.enumerated() {
      // A reader puts a line feed behind each picture.
      let text = index > 0 && text.first == "\n" ? text.dropFirst() : text
      if !text.isEmpty { parts.append(.text(String(text))) }
      guard index < turn.pictures.count else { continue }
      let picture = turn.pictures[index]
      parts.append(
        .picture(
          MessageDocument.Picture(url: picture.address, digest: picture.image.digest)))
    }
    return .parts(parts)
  }
}

// MARK: - What it says

extension ChatDocument {
  /// The digests of all pictures, in their order; nil for one that has none.
  var digests: [String?] { messages.flatMap(\.content.pictures).map(\.digest) }
}

// MARK: - For people

extension ChatLog {
  /// The chat as Markdown: questions as quotations, pictures as images.
  var markdown: String {
    var blocks = system.map { ["*\($0)*"] } ?? []
    for turn in turns {
      blocks += turn.pictures.map { "![\($0.name)](<\($0.bytes == nil ? $0.path : $0.address)>)" }
      blocks.append(
        turn.question.split(separator: "\n", omittingEmptySubsequences: false)
          .map { "> \($0)" }.joined(separator: "\n"))
      if let answer = turn.answer { blocks.append(answer) }
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
