import Files
package import Foundation
package import Imaging
import JSON

/// A conversation as a file writes it, its pictures not read yet.
package struct ConversationFile: Equatable {
  package var messages: [Message]
  package var pictures: [PictureSource]

  package init(messages: [Message], pictures: [PictureSource]) {
    self.messages = messages
    self.pictures = pictures
  }

  /// Reads a conversation from JSON, in one of two forms.
  ///
  /// OpenAI's: a list of messages, or an object with `messages`; a content is a text or a list
  /// of parts, and each `image_url` part becomes `<image>` and a line feed at its place.
  /// Or an object with `messages`, whose texts hold literal `<image>` placeholders, and `images`,
  /// a list of paths. Relative paths start from `folder`.
  ///
  /// - Throws: `InternVLError.conversation`, with `file` as the name of what was read.
  package init(json: String, file: String, folder: URL) throws(InternVLError) {
    do {
      let bytes = Array(json.utf8)
      let written = try WrittenConversation(JSONValue(bytes.span.bytes, file: file), file: file)
      var reader = PartReader(folder: folder)
      messages = try written.messages.enumerated().map { index, message in
        try reader.message(message, number: index + 1)
      }
      if let images = written.images {
        guard reader.pictures.isEmpty else {
          throw ConversationFault.picturesTwice
        }
        reader.pictures = try images.map { try reader.picture($0, place: .images) }
      }
      pictures = reader.pictures
      try Self.checkRoles(messages)
    } catch let fault as ConversationFault {
      throw .conversation(file: file, fault)
    } catch let error as JSONError {
      throw .conversation(file: file, ConversationFault(error.problem))
    } catch {
      throw .conversation(file: file, .notJSON)
    }
  }

  private static func checkRoles(_ messages: [Message]) throws(ConversationFault) {
    guard messages.last?.role == .user else { throw .lastMessageNotUser }
    guard messages.dropFirst().allSatisfy({ $0.role != .system }) else {
      throw .systemMessageNotFirst
    }
  }
}

extension ConversationFault {
  fileprivate init(_ problem: JSONError.Problem) {
    switch problem {
    case .value(let key, let found, let expected):
      self = .wrongValue(path: key.printable, found: found.printable, expected: expected)
    case .unknownKey(let key, let known): self = .unknownKey(path: key.printable, expected: known)
    case .malformed, .unreadable: self = .notJSON
    }
  }
}

/// Where a picture comes from.
package enum PictureSource: Equatable {
  case file(URL, page: Int)
  /// A picture inside a conversation file; `name` is what messages call it.
  case inline([UInt8], name: String)
  /// A frame of a video.
  case pixels(RGBImage)
}

/// The outer form: a list of messages, or an object.
private struct WrittenConversation {
  let messages: [WrittenMessage]
  let images: [String]?

  init(_ root: JSONValue, file: String) throws(JSONError) {
    let objects: [JSONObject]
    if case .array(let elements) = root {
      objects = try JSONObject.list(elements, file: file, path: "")
      images = nil
    } else {
      let object = try JSONObject(root, file: file, path: "")
      try object.refuseUnknownKeys(["messages", "images"])
      objects = try object.objects("messages")
      images = try object.optionalStrings("images")
    }
    var messages: [WrittenMessage] = []
    for object in objects { messages.append(try WrittenMessage(object)) }
    self.messages = messages
  }
}

private struct WrittenMessage {
  let role: String
  let content: Content

  /// What messages of OpenAI's interface hold beside these, which changes no prompt.
  private static let otherKeys: Set = [
    "name", "refusal", "annotations", "audio", "function_call", "tool_calls",
  ]

  /// Refuses other keys: a misspelt one would be passed over, and with it a picture.
  init(_ object: JSONObject) throws(JSONError) {
    try object.refuseUnknownKeys(["role", "content"], besides: Self.otherKeys)
    role = try object.string("role")
    switch object["content"] {
    case .string(let text)?: content = .text(text)
    case .array?:
      var parts: [Part] = []
      for part in try object.objects("content") { parts.append(try Part(part)) }
      content = .parts(parts)
    default: throw object.invalid("content", expected: "a text or a list of parts")
    }
  }

  enum Content {
    case text(String)
    case parts([Part])
  }

  struct Part {
    let type: String
    let text: String?
    /// The address in `{"url": "…"}`, or the address alone.
    let image: String?

    init(_ object: JSONObject) throws(JSONError) {
      type = try object.string("type")
      text = try object.optionalString("text")
      if case .string(let address)? = object["image_url"] {
        image = address
      } else {
        image = try object.optionalObject("image_url")?.string("url")
      }
    }
  }
}

/// Turns written messages into texts, and collects their pictures.
private struct PartReader {
  let folder: URL
  var pictures: [PictureSource] = []

  init(folder: URL) { self.folder = folder }

  mutating func message(
    _ message: WrittenMessage, number: Int
  ) throws(ConversationFault) -> Message {
    guard let role = Message.Role(rawValue: message.role) else {
      throw .unknownRole(message.role, message: number)
    }
    switch message.content {
    case .text(let text):
      return Message(role: role, content: text)
    case .parts(let parts):
      var content = ""
      for part in parts { content += try text(part, number: number) }
      return Message(role: role, content: content)
    }
  }

  private mutating func text(
    _ part: WrittenMessage.Part, number: Int
  ) throws(ConversationFault) -> String {
    switch (part.type, part.text, part.image) {
    case ("text", let text?, _):
      return text
    case ("image_url", _, let image?):
      pictures.append(try picture(image, place: .message(number)))
      return "<image>\n"
    case ("text", _, _), ("image_url", _, _):
      throw .emptyPart(type: part.type, message: number)
    default:
      throw .unknownPart(type: part.type, message: number)
    }
  }

  /// A path, a `file:` URL or a `data:` URL.
  func picture(
    _ address: String, place: ConversationFault.Place
  ) throws(ConversationFault) -> PictureSource {
    let lower = address.prefix(8).lowercased()
    if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
      throw .webAddress(place)
    }
    if lower.hasPrefix("file:") {
      guard let url = URL(string: address), url.isFileURL else {
        throw .badFileURL(place)
      }
      return .file(url, page: 0)
    }
    guard lower.hasPrefix("data:") else {
      return .file(URL(filePath: address, relativeTo: folder), page: 0)
    }
    guard let comma = address.firstIndex(of: ","),
      address[..<comma].lowercased().hasSuffix(";base64"),
      let bytes = Data(base64Encoded: String(address[address.index(after: comma)...]))
    else { throw .badDataURL(place) }
    return .inline(Array(bytes), name: "the picture in \(place)")
  }
}
