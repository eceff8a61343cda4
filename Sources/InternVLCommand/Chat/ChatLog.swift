import Foundation
import InternVL

/// A picture of a chat, and where it came from.
struct ChatPicture: Sendable {
  /// The absolute path of its file; of one without a file, its name.
  let path: String
  /// The bytes of one without a file, which a conversation held.
  var bytes: [UInt8]?
  let image: Image

  /// The file's name, which people know it by.
  var name: String {
    guard bytes == nil else { return path }
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Where a conversation says that it is: a `file:` or a `data:` URL.
  var address: String {
    guard let bytes else { return URL(filePath: path).absoluteString }
    return "data:application/octet-stream;base64,\(Data(bytes).base64EncodedString())"
  }
}

extension ChatPicture {
  /// A picture that was read from its source.
  init(_ source: PictureSource, image: Image) {
    if case .inline(let bytes, _) = source {
      self.init(path: source.path, bytes: bytes, image: image)
    } else {
      self.init(path: source.path, image: image)
    }
  }
}

/// A question, and its answer once there is one.
struct ChatTurn {
  /// As it was typed.
  var question: String
  var pictures: [ChatPicture]
  var answer: String?
  /// Tokens of the conversation up to the answer's end, and of its pictures; nil where they were not
  /// counted.
  var tokens: (all: Int, pictures: Int?)?

  init(_ question: String, pictures: [ChatPicture] = [], answer: String? = nil) {
    self.question = question
    self.pictures = pictures
    self.answer = answer
  }
}

/// What was said in a chat.
struct ChatLog {
  /// Replaces the model's own system message.
  var system: String?
  var turns: [ChatTurn] = []

  var pictures: [ChatPicture] { turns.flatMap(\.pictures) }

  /// Whether the last question has no answer yet.
  var isWaiting: Bool { turns.last.map { $0.answer == nil } ?? false }

  /// All of it, as a model is asked: the pictures of a question in the middle stand in front, as those
  /// of the first one do.
  ///
  /// `question` puts the places of so many pictures into a question.
  func conversation(question: (String, Int) -> String) -> Conversation {
    var messages = system.map { [Message(role: .system, content: $0)] } ?? []
    for turn in turns {
      messages.append(
        turn.pictures.isEmpty
          ? Message(role: .user, parts: [.text(turn.question)])
          : Message(
            role: .user,
            content: question(turn.question, turn.pictures.count)))
      if let answer = turn.answer { messages.append(.answer(answer)) }
    }
    return Conversation(messages: messages, images: pictures.map(\.image))
  }
}
