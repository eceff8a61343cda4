import Files
package import FoundationEssentials

/// Where a conversation says that a picture is.
package enum PictureAddress: Sendable, Equatable {
  /// In the conversation itself, as a `data:` URL: the file's bytes.
  case inline([UInt8])
  /// On the web: an `http:` or `https:` URL.
  case web(String)
  /// A `file:` URL.
  case file(URL)
  /// A path of this machine.
  case path(String)

  /// Reads an address as clients write it.
  ///
  /// - Throws: what is wrong with a `data:` or `file:` URL.
  package init(_ address: String) throws(AddressFault) {
    let address = address.trimmingASCIISpace
    switch address.scheme {
    case "http", "https": self = .web(String(address))
    case "file":
      guard let url = URL(string: String(address)), url.isFileURL else { throw .badFileURL }
      self = .file(url)
    case "data": self = .inline(try Self.bytes(ofDataURL: address))
    default: self = .path(String(address))
    }
  }

  /// The bytes of a picture in base64.
  package static func bytes(ofBase64 text: Substring) throws(AddressFault) -> [UInt8] {
    guard let bytes = text.base64Bytes else { throw .badBase64 }
    guard !bytes.isEmpty else { throw .emptyData }
    return bytes
  }

  private static func bytes(ofDataURL address: Substring) throws(AddressFault) -> [UInt8] {
    guard let comma = address.firstIndex(of: ",") else { throw .noComma }
    let kind = address[..<comma].split(separator: ";").last?.trimmingASCIISpace
    guard kind?.lowercased() == "base64" else { throw .notBase64 }
    return try bytes(ofBase64: address[address.index(after: comma)...])
  }
}

/// What is wrong with a picture's address.
package enum AddressFault: Error, Sendable, Equatable {
  case badFileURL
  /// A `data:` URL without the comma that its bytes follow.
  case noComma
  /// A `data:` URL whose bytes are not base64.
  case notBase64
  /// Text that should be base64 holds another character, or has a length that it cannot have.
  case badBase64
  case emptyData
}

extension AddressFault: CustomStringConvertible {
  /// The end of a sentence whose subject is the place: "message 1 has …".
  package var description: String {
    switch self {
    case .badFileURL: "a file: URL that is not valid"
    case .noComma:
      "a data: URL without a comma; expected data:image/png;base64,… or the like"
    case .notBase64:
      "a data: URL that is not base64; expected data:image/png;base64,… or the like"
    case .badBase64: "a picture whose base64 is not valid"
    case .emptyData: "a picture without bytes"
    }
  }
}

extension StringProtocol where SubSequence == Substring {
  /// What stands before the first colon, in lower case; nil where that is no scheme.
  fileprivate var scheme: String? {
    let name = prefix(6).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    return name.count == 2 ? name[0].lowercased() : nil
  }

  fileprivate var trimmingASCIISpace: Substring {
    let isSpace = { (character: Character) in character.isASCII && character.isWhitespace }
    let tail = self[...].drop(while: isSpace)
    guard let end = tail.lastIndex(where: { !isSpace($0) }) else { return tail[tail.endIndex...] }
    return tail[...end]
  }
}
