import Files
import Foundation
import InternVL
import OpenAIMessages

/// A chat that was brought back, and what is no longer as it was.
struct RestoredChat {
  private(set) var log = ChatLog()
  /// A sentence for each picture that is gone or has changed.
  private(set) var problems: [String] = []

  /// Brings a chat back from a file of messages, in each form that `--messages` takes; `read` reads a
  /// picture.
  ///
  /// A picture that cannot be read is left out; one that has changed is taken as it is now.
  ///
  /// - Throws: `FileError`, `CommandError` and `ConversationError`.
  init(file: String, read: (PictureSource) throws -> Image) throws {
    let bytes = try OpenFile(reading: file).readToEnd(limit: ChatDocument.sizeLimit)
    let json = try TextInput.text(Data(bytes), name: "'\(file)'")
    let question = try Question(
      ConversationFile.read(json: json, file: file, mayEndAnswered: true), file: file)
    let digests = (try? ChatDocument(json: Data(json.utf8)))?.digests ?? []
    var pictures: ArraySlice<ChatPicture?> = []
    for (index, source) in question.pictures.enumerated() {
      let digest = index < digests.count ? digests[index] : nil
      pictures.append(picture(source, digest: digest, read: read))
    }
    for message in question.messages {
      let turn = Self.turn(message, &pictures)
      switch message.role {
      case .system: log.system = turn.question
      case .user: log.turns.append(turn)
      case .assistant where log.isWaiting: log.turns[log.turns.count - 1].answer = turn.question
      case .assistant: break
      }
    }
  }

  /// A picture as it is now; nil where there is none.
  private mutating func picture(
    _ source: PictureSource, digest: String?, read: (PictureSource) throws -> Image
  ) -> ChatPicture? {
    do {
      let picture = ChatPicture(source, image: try read(source))
      if let digest, digest != picture.image.digest {
        problems.append(
          "'\(picture.path)' has changed since it was shown; the chat goes on with the new one")
      }
      return picture
    } catch {
      problems.append("\(Advice.sentence(error)); the chat goes on without it")
      return nil
    }
  }

  /// A message as it was typed, with the next pictures, of which some may be missing.
  private static func turn(
    _ message: Message, _ pictures: inout ArraySlice<ChatPicture?>
  ) -> ChatTurn {
    var text = ""
    var shown: [ChatPicture] = []
    var isBehindMissing = false
    for part in message.parts {
      switch part {
      case .text(let words):
        // A line feed belongs to the picture before it.
        text += isBehindMissing && words.first == "\n" ? String(words.dropFirst()) : words
        isBehindMissing = false
      case .image:
        let picture = pictures.popFirst() ?? nil
        isBehindMissing = picture == nil
        guard let picture else { continue }
        shown.append(picture)
        text += "<image>"
      }
    }
    // Pictures in front of a question are not typed.
    let lead = String(repeating: "<image>\n", count: shown.count)
    let typed = text.hasPrefix(lead) ? String(text.dropFirst(lead.count)) : text
    return ChatTurn(typed, pictures: shown)
  }
}
