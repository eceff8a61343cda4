/// How captions are put into text files, one a picture.
package struct SidecarPolicy: Sendable, Equatable {
  /// What becomes of a text file that somebody else wrote.
  package enum Existing: String, Sendable, CaseIterable {
    /// It stays as it is.
    case skip
    /// The caption replaces it.
    case overwrite
    /// The caption goes behind its text, or in front of it.
    case append, prepend
    /// The picture counts as failed.
    case error
  }

  package var existing: Existing
  /// The folder for the files; nil puts each beside its picture.
  package var folder: String?
  /// The ending of their names.
  package var ending: String
  /// Whether answers that were cut off or run in circles are written too.
  package var allowsCut: Bool

  package init(
    existing: Existing = .skip, folder: String? = nil, ending: String = "txt",
    allowsCut: Bool = false
  ) {
    self.existing = existing
    self.folder = folder
    self.ending = ending
    self.allowsCut = allowsCut
  }
}
