import Foundation
import Imaging
import InternVL
import OpenAIMessages

/// What a model is to be asked, its pictures not read yet.
struct Question: Equatable {
  var messages: [Message]
  var pictures: [PictureSource]

  init(messages: [Message], pictures: [PictureSource]) {
    self.messages = messages
    self.pictures = pictures
  }

  /// A conversation from a file, whose relative paths start from the file's folder.
  init(_ conversation: WrittenConversation, file: String) throws(CommandError) {
    messages = conversation.messages
    pictures = []
    let folder = URL(filePath: file).deletingLastPathComponent()
    for address in conversation.pictures {
      switch address {
      case .inline(let bytes):
        pictures.append(.inline(bytes, name: "picture \(pictures.count + 1) of \(file)"))
      case .file(let url): pictures.append(.file(url, page: 0))
      case .path(let path):
        pictures.append(.file(URL(filePath: path, relativeTo: folder), page: 0))
      case .web(let address): throw .webPicture(address, file: file)
      }
    }
  }
}

/// Where a picture comes from.
enum PictureSource: Equatable {
  case file(URL, page: Int)
  /// An address that the user typed.
  case web(String)
  /// A picture in memory, from a conversation file or the web; `name` is what messages call it.
  case inline([UInt8], name: String)
  /// A frame of a video.
  case pixels(RGBImage)
}

extension PictureSource {
  /// The picture that a word of the user's stands for.
  init(typed word: String, page: Int = 0) {
    self = TypedPath.isWebAddress(word) ? .web(word) : .file(URL(filePath: word), page: page)
  }

  /// The absolute path of a file; of anything else, its name.
  var path: String {
    if case .file(let url, _) = self { url.absoluteURL.standardizedFileURL.path } else { name }
  }

  /// What people call it.
  var name: String {
    switch self {
    case .file(let url, let page): url.lastPathComponent + (page > 0 ? ", page \(page + 1)" : "")
    case .web(let address): address
    case .inline(_, let name): name
    case .pixels: "a frame"
    }
  }
}
