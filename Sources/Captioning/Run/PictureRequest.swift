import Files
import Imaging
import InternVL

/// A picture whose turn it is.
package struct PictureRequest: Sendable {
  package enum Content: Sendable {
    case file(path: String)
    case bytes([UInt8])
  }

  package var item: CaptionItem
  package var content: Content
  /// The hash of the file that already has its answers, where only the time of change differs.
  package var knownHash: String?
  /// What `{existing}` stands for.
  package var existing: String

  package init(item: CaptionItem, content: Content, knownHash: String? = nil, existing: String = "")
  {
    self.item = item
    self.content = content
    self.knownHash = knownHash
    self.existing = existing
  }
}

/// What became of a picture.
package struct PictureResult: Sendable, Equatable {
  /// Nil: the file is the one that already has its answers.
  package var outcome: CaptionOutcome?
  package var sha256: String?
  package var bytes: Int?
  package var width: Int?
  package var height: Int?

  package init(
    _ outcome: CaptionOutcome?, sha256: String? = nil, bytes: Int? = nil, width: Int? = nil,
    height: Int? = nil
  ) {
    self.outcome = outcome
    self.sha256 = sha256
    self.bytes = bytes
    self.width = width
    self.height = height
  }
}

/// A picture's file, read on another thread.
struct ReadPicture: Sendable {
  var sha256: String?
  var bytes: Int?
  var width: Int?
  var height: Int?
  /// Cut into tiles; nil where the file has its answers already.
  var image: Result<Image, InternVLError>?

  /// Reads a picture's file, and decodes it unless it is the one with the known hash.
  init(
    _ request: PictureRequest, orientation: Orientation,
    cut: (Image) -> Image
  ) {
    do throws(ImagingError) {
      let name = request.item.path
      let content: [UInt8] =
        switch request.content {
        case .file(let path): try readFile(path, name: name)
        case .bytes(let bytes): bytes
        }
      bytes = content.count
      let hash = content.withUnsafeBytes { Digest.sha256($0) }
      sha256 = hash
      if hash == request.knownHash { return }
      let pixels = try decodeImage(
        content, name: name, page: request.item.page ?? 0, orientation: orientation)
      width = pixels.width
      height = pixels.height
      image = .success(cut(Image(pixels)))
    } catch {
      image = .failure(.image(error))
    }
  }

  /// How the picture ended, with what is known of its file.
  func result(_ outcome: CaptionOutcome?) -> PictureResult {
    PictureResult(outcome, sha256: sha256, bytes: bytes, width: width, height: height)
  }
}
