package import Files

/// Where the rows of a run go, and those of earlier runs are.
package protocol RowStore: AnyObject {
  /// The newest row of each picture.
  var rows: [ExactText: CaptionRow] { get }
  /// Whether a picture that failed is tried again; a store whose rows stand beside copies of the pictures
  /// cannot replace them.
  var retriesFailures: Bool { get }

  /// Adds a picture's row; on return it is on the disk.
  func append(_ row: CaptionRow, of item: CaptionItem) throws(CaptioningError)

  /// Ends a run.
  func finish() throws(CaptioningError)
}

/// What becomes of rows that are there, where they were made with other settings.
package enum RowMode: Sendable {
  /// The file is refused.
  case resume
  /// They stay, and count as done.
  case keep
  /// All rows go, whatever their settings.
  case overwrite
}
