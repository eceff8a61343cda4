/// A message in the JSON of OpenAI's interface, for files and requests that are written here.
package struct MessageDocument: Codable, Sendable {
  /// `system`, `user` or `assistant`.
  package let role: String
  package let content: Content

  package init(role: String, content: Content) {
    self.role = role
    self.content = content
  }

  /// A text, or texts and pictures.
  package enum Content: Sendable {
    case text(String)
    case parts([Part])
  }

  /// A text or a picture.
  package struct Part: Codable, Sendable {
    private let type: String
    package let text: String?
    package let picture: Picture?

    private enum CodingKeys: String, CodingKey {
      case type, text
      case picture = "image_url"
    }

    package static func text(_ text: String) -> Part {
      Part(type: "text", text: text, picture: nil)
    }

    package static func picture(_ picture: Picture) -> Part {
      Part(type: "image_url", text: nil, picture: picture)
    }
  }

  /// Where a picture is, and in a saved chat a digest of it.
  package struct Picture: Codable, Sendable {
    package let url: String
    package let digest: String?

    package init(url: String, digest: String? = nil) {
      self.url = url
      self.digest = digest
    }
  }
}

extension MessageDocument.Content: Codable {
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self = .text(text)
    } else {
      self = .parts(try value.decode([MessageDocument.Part].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .text(let text): try value.encode(text)
    case .parts(let parts): try value.encode(parts)
    }
  }
}

extension MessageDocument.Content {
  /// The texts, joined.
  package var text: String {
    switch self {
    case .text(let text): text
    case .parts(let parts): parts.compactMap(\.text).joined()
    }
  }

  /// The pictures, in their order.
  package var pictures: [MessageDocument.Picture] {
    if case .parts(let parts) = self { parts.compactMap(\.picture) } else { [] }
  }
}
