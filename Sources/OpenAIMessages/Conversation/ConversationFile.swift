import InternVL
import JSON

/// A conversation that a file holds, its pictures not read yet.
package enum ConversationFile {
  /// Reads a conversation from JSON, in one of two forms.
  ///
  /// OpenAI's: a list of messages, or an object with `messages`; a content is a text or a list
  /// of parts, and each `image_url` part is a picture at its place.
  /// Or an object with `messages`, whose texts hold `<image>` placeholders, and `images`, a list
  /// of addresses. With `mayEndAnswered` the model's message may be the last one.
  ///
  /// - Throws: `ConversationError`, with `file` as the name of what was read.
  package static func read(
    json: String, file: String, mayEndAnswered: Bool = false
  ) throws(ConversationError) -> WrittenConversation {
    do {
      let bytes = Array(json.utf8)
      return try conversation(
        JSONValue(bytes.span.bytes, file: file), file: file, mayEndAnswered: mayEndAnswered)
    } catch let fault as ConversationFault {
      throw ConversationError(file: file, fault: fault)
    } catch let error as JSONError {
      throw ConversationError(file: file, fault: ConversationFault(error.problem))
    } catch {
      throw ConversationError(file: file, fault: .notJSON)
    }
  }

  private static func conversation(
    _ root: JSONValue, file: String, mayEndAnswered: Bool
  ) throws -> WrittenConversation {
    if case .array(let elements) = root {
      return try WrittenConversation(
        JSONObject.list(elements, file: file, path: ""), by: .person,
        mayEndAnswered: mayEndAnswered)
    }
    let object = try JSONObject(root, file: file, path: "")
    try object.refuseUnknownKeys(["messages", "images"])
    let messages = try object.objects("messages")
    guard let images = try object.optionalStrings("images") else {
      return try WrittenConversation(messages, by: .person, mayEndAnswered: mayEndAnswered)
    }
    var conversation = try WrittenConversation(
      messages, by: .person, hasPlaceholders: true, mayEndAnswered: mayEndAnswered)
    guard conversation.pictures.isEmpty else { throw ConversationFault.picturesTwice }
    conversation.pictures = try images.map { address in
      do throws(AddressFault) {
        return try PictureAddress(address)
      } catch {
        throw ConversationFault.badAddress(.images, error)
      }
    }
    return conversation
  }
}

/// A conversation file that is not what it should be.
package struct ConversationError: Error, Equatable, CustomStringConvertible {
  /// What was read.
  package let file: String
  package let fault: ConversationFault

  package init(file: String, fault: ConversationFault) {
    self.file = file
    self.fault = fault
  }

  package var description: String { "the conversation '\(file)' is not valid: \(fault)" }
}
