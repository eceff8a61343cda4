import Foundation
import InternVL

/// A chat as a file: messages in OpenAI's form, which `--messages` reads too.
///
/// A picture is a `file:` address, with a digest by which a changed one is noticed.
struct ChatDocument: Codable {
  var messages: [Message]

  struct Message: Codable {
    let role: String
    let content: Content
  }

  enum Content {
    case text(String)
    case parts([Part])
  }

  struct Part: Codable {
    let type: String
    var text: String?
    var picture: Picture?

    enum CodingKeys: String, CodingKey {
      case type, text
      case picture = "image_url"
    }
  }

  struct Picture: Codable {
    let url: String
    let digest: String?
  }

  init(json: Data) throws { self = try JSONDecoder().decode(ChatDocument.self, from: json) }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}

extension ChatDocument.Content: Codable {
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self = .text(text)
    } else {
      self = .parts(try value.decode([ChatDocument.Part].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .text(let text): try value.encode(text)
    case .parts(let parts): try value.encode(parts)
    }
  }
}

// MARK: - From a chat

extension ChatDocument {
  init(_ log: ChatLog) {
    messages = log.system.map { [Message(role: "system", content: .text($0))] } ?? []
    for turn in log.turns {
      messages.append(Message(role: "user", content: Self.content(of: turn)))
      if let answer = turn.answer {
        messages.append(Message(role: "assistant", content: .text(answer)))
      }
    }
  }

  private static func content(of turn: ChatTurn) -> Content {
    guard !turn.pictures.isEmpty else { return .text(turn.question) }
    let lead = String(repeating: "<image>\n", count: turn.pictures.count)
    let text = turn.question.contains("<image>") ? turn.question : lead + turn.question
    let texts = text.split(separator: "<image>", omittingEmptySubsequences: false)
    var parts: [Part] = []
    for (index, text) in texts.enumerated() {
      // A reader puts a line feed behind each picture.
      let text = index > 0 && text.first == "\n" ? text.dropFirst() : text
      if !text.isEmpty { parts.append(Part(type: "text", text: String(text))) }
      guard index < turn.pictures.count else { continue }
      let picture = turn.pictures[index]
      parts.append(
        Part(
          type: "image_url",
          picture: Picture(
            url: URL(filePath: picture.path).absoluteString, digest: picture.image.digest)))
    }
    return .parts(parts)
  }
}

// MARK: - To a chat

extension ChatDocument {
  /// A chat that was brought back, and what is no longer as it was.
  struct Restored {
    var log = ChatLog()
    /// A sentence for each picture that is gone or has changed.
    var problems: [String] = []
  }

  /// Brings the chat back; `read` reads a picture's file.
  ///
  /// A picture that cannot be read is left out; one that has changed is taken as it is now.
  func restored(read: (String) throws(InternVLError) -> Image) -> Restored {
    var restored = Restored()
    for message in messages {
      switch message.role {
      case "system" where restored.log.turns.isEmpty: restored.log.system = message.content.text
      case "user": restored.log.turns.append(turn(message.content, &restored.problems, read: read))
      case "assistant" where restored.log.isWaiting:
        restored.log.turns[restored.log.turns.count - 1].answer = message.content.text
      default: break
      }
    }
    return restored
  }

  private func turn(
    _ content: Content, _ problems: inout [String], read: (String) throws(InternVLError) -> Image
  ) -> ChatTurn {
    guard case .parts(let parts) = content else { return ChatTurn(content.text) }
    var text = ""
    var pictures: [ChatPicture] = []
    for part in parts {
      guard let picture = part.picture else {
        text += part.text ?? ""
        continue
      }
      let path = TypedPath.path(picture.url)
      do {
        let image = try read(path)
        if let digest = picture.digest, digest != image.digest {
          problems.append(
            "'\(path)' has changed since it was shown; the chat goes on with the new one")
        }
        pictures.append(ChatPicture(path: path, image: image))
        text += "<image>\n"
      } catch {
        problems.append("\(Advice.sentence(error)); the chat goes on without it")
      }
    }
    return ChatTurn(Self.typed(text, pictures.count), pictures: pictures)
  }

  /// The question as it was typed: without the pictures in front of it.
  private static func typed(_ text: String, _ pictures: Int) -> String {
    let lead = String(repeating: "<image>\n", count: pictures)
    return text.hasPrefix(lead) ? String(text.dropFirst(lead.count)) : text
  }
}

extension ChatDocument.Content {
  var text: String {
    switch self {
    case .text(let text): text
    case .parts(let parts): parts.compactMap(\.text).joined()
    }
  }
}

// MARK: - For people

extension ChatLog {
  /// The chat as Markdown: questions as quotations, pictures as images.
  var markdown: String {
    var blocks = system.map { ["*\($0)*"] } ?? []
    for turn in turns {
      blocks += turn.pictures.map { "![\($0.name)](<\($0.path)>)" }
      blocks.append(
        turn.question.split(separator: "\n", omittingEmptySubsequences: false)
          .map { "> \($0)" }.joined(separator: "\n"))
      if let answer = turn.answer { blocks.append(answer) }
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
