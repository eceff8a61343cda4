package import Files

/// A picture that is to be captioned, before it is read.
package struct CaptionItem: Sendable, Equatable {
  /// Where its bytes are.
  package enum Place: Sendable, Equatable {
    case file(path: String)
    /// A member of an archive, by its place there from 0, with its size and time of change.
    case member(of: PictureArchive, index: Int, identity: PictureIdentity)
    /// Here already.
    case memory([UInt8])
    /// Nowhere; the sentence says why.
    case refused(String)
  }

  /// What rows call it: the path below the argument it was found in, or the path that was given.
  ///
  /// A member of an archive is called `archive!member`.
  package let name: ExactText
  package let place: Place
  /// Which page of a document it is, from 0; nil where only the first one counts.
  package let page: Int?
  /// Of a member of an archive, its path there; else the name.
  let innerName: String

  /// - Parameters:
  ///   - name: what rows call it; of an archive's member, what they call the archive.
  ///   - member: the path in the archive.
  ///   - place: where its bytes are.
  ///   - page: which page of a document it is, from 0; nil where only the first one counts.
  package init(name: String, member: String? = nil, place: Place, page: Int? = nil) {
    self.name = ExactText(member.map { "\(name)!\($0)" } ?? name)
    innerName = member ?? name
    self.place = place
    self.page = page
  }

  /// The same file's page.
  func onPage(_ page: Int) -> CaptionItem {
    CaptionItem(name: name.string, place: place, page: page)
  }

  /// Where to find it, for people and for `--list`.
  package var path: String {
    if case .file(let path) = place { path } else { name.string }
  }

  /// The name in rows, with the page, counted from 1: `doc.pdf#page=2`.
  package var rowName: ExactText {
    page.map { ExactText("\(name)#page=\($0 + 1)") } ?? name
  }

  /// Its size and time of change now; nil where it is gone.
  var identity: PictureIdentity? {
    switch place {
    case .file(let path): PictureIdentity(path: path)
    case .member(_, _, let identity): identity
    case .memory(let bytes): PictureIdentity(bytes: bytes.count, modified: 0)
    case .refused: nil
    }
  }
}
