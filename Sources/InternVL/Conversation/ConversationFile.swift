package import Foundation
package import Imaging

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
      let written = try JSONDecoder().decode(WrittenConversation.self, from: Data(json.utf8))
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
    } catch {
      throw .conversation(file: file, ConversationFault(error))
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
  /// What the decoder found.
  fileprivate init(_ error: any Error) {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      self = .missingKey(key.stringValue, path: Self.path(context.codingPath))
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      self = .wrongType(path: Self.path(context.codingPath))
    default:
      self = .notJSON
    }
  }

  /// "messages[0].content".
  fileprivate static func path(_ keys: [any CodingKey]) -> String {
    let path = keys.map { key in
      key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
    }.joined()
    return String(path.drop { $0 == "." })
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
private struct WrittenConversation: Decodable {
  let messages: [WrittenMessage]
  let images: [String]?

  enum CodingKeys: String, CodingKey, CaseIterable { case messages, images }

  init(from decoder: any Decoder) throws {
    if let list = try? decoder.unkeyedContainer(), list.count != nil {
      messages = try [WrittenMessage](from: decoder)
      images = nil
    } else {
      try decoder.refuseKeys(but: CodingKeys.allCases.map(\.rawValue))
      let values = try decoder.container(keyedBy: CodingKeys.self)
      messages = try values.decode([WrittenMessage].self, forKey: .messages)
      images = try values.decodeIfPresent([String].self, forKey: .images)
    }
  }
}

private struct WrittenMessage: Decodable {
  let role: String
  let content: Content

  enum CodingKeys: String, CodingKey, CaseIterable { case role, content }

  /// What messages of OpenAI's interface hold beside these, which changes no prompt.
  private static let otherKeys = [
    "name", "refusal", "annotations", "audio", "function_call", "tool_calls",
  ]

  init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(but: CodingKeys.allCases.map(\.rawValue), silently: Self.otherKeys)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    role = try values.decode(String.self, forKey: .role)
    content = try values.decode(Content.self, forKey: .content)
  }

  enum Content: Decodable {
    case text(String)
    case parts([Part])

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self = .text(text)
      } else {
        self = .parts(try [Part](from: decoder))
      }
    }
  }

  struct Part: Decodable {
    let type: String
    let text: String?
    let image: ImageAddress?

    enum CodingKeys: String, CodingKey {
      case type, text
      case image = "image_url"
    }
  }

  /// `{"url": "…"}`, or the address alone.
  struct ImageAddress: Decodable {
    let url: String

    enum CodingKeys: CodingKey { case url }

    init(from decoder: any Decoder) throws {
      if let url = try? decoder.singleValueContainer().decode(String.self) {
        self.url = url
      } else {
        url = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .url)
      }
    }
  }
}

extension Decoder {
  /// Refuses an object with a key that is none of these: a misspelled one would be passed over, and
  /// with it a picture.
  fileprivate func refuseKeys(but known: [String], silently others: [String] = []) throws {
    let keys = try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    guard let key = keys.sorted().first(where: { !(known + others).contains($0) }) else { return }
    throw ConversationFault.unknownKey(
      path: ConversationFault.path(codingPath + [AnyKey(stringValue: key)]), expected: known)
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
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
      pictures.append(try picture(image.url, place: .message(number)))
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
