package import Files
package import Imaging

/// Writes a report that people look at: pictures, answers, errors, times.
///
/// Pictures are read again, for their thumbnails. A report of more than `partSize` pictures has several pages,
/// each of which can be opened alone.
package struct CaptionReport: Sendable {
  /// How many pictures a page has: about 15 MB.
  static let partSize = 2000

  private let path: String
  private let orientation: Orientation
  private let partSize: Int

  /// - Parameters:
  ///   - path: the first page; the others are called `report-2.html` and so on.
  ///   - orientation: whether photos are turned upright.
  ///   - partSize: how many pictures a page has.
  package init(_ path: String, orientation: Orientation, partSize: Int? = nil) {
    self.path = path
    self.orientation = orientation
    self.partSize = partSize ?? Self.partSize
  }

  /// Writes the pages, each in one step.
  ///
  /// - Parameters:
  ///   - title: the heading.
  ///   - items: the pictures; those without a row are left out.
  ///   - rows: what came out.
  ///   - isCancelled: asked before every picture; a page that is not complete is not written.
  /// - Throws: `CaptioningError.output`.
  package func write(
    title: String, items: [CaptionItem], rows: [ExactText: CaptionRow],
    isCancelled: () -> Bool = { false }
  ) throws(CaptioningError) {
    let items = items.filter { rows[$0.rowName] != nil }
    let parts = max(1, (items.count + partSize - 1) / partSize)
    let contents = ArchiveContents()
    for part in 0..<parts {
      let range = part * partSize..<min(items.count, (part + 1) * partSize)
      var html = ReportPage.front(
        title, summary: summary(items, rows, range),
        parts: parts == 1 ? [] : links(parts, items.count))
      for item in items[range] {
        if isCancelled() { return }
        guard let row = rows[item.rowName] else { continue }
        html += ReportPage.card(row, thumbnail: thumbnail(item, row, contents))
      }
      do {
        try FileSystem.replace(path(ofPart: part), with: html + ReportPage.back, durably: false)
      } catch {
        throw .output(error)
      }
    }
  }

  private func path(ofPart part: Int) -> String {
    part > 0 ? path.insertingBeforePathEnding("-\(part + 1)") : path
  }

  private func links(_ parts: Int, _ count: Int) -> [(name: String, title: String)] {
    (0..<parts).map { part in
      let end = min(count, (part + 1) * partSize)
      return (path(ofPart: part).lastPathPart, "\(part * partSize + 1) to \(end)")
    }
  }

  /// "226 pictures: 218 captioned, 8 failed · model demo, prompt What?".
  private func summary(
    _ items: [CaptionItem], _ rows: [ExactText: CaptionRow], _ range: Range<Int>
  ) -> String {
    let all = items.compactMap { rows[$0.rowName] }
    let failed = all.count { $0.caption == nil }
    var parts = ["\(all.count) pictures: \(all.count - failed) captioned, \(failed) failed"]
    if range.count < all.count {
      parts.append("here \(range.lowerBound + 1) to \(range.upperBound)")
    }
    if let settings = all.last?.settings.values {
      parts.append(
        settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }
    return parts.joined(separator: " · ")
  }

  /// Nil where the picture cannot be read, which its row tells.
  private func thumbnail(
    _ item: CaptionItem, _ row: CaptionRow, _ contents: ArchiveContents
  ) -> Thumbnail? {
    guard row.caption != nil || row.width != nil else { return nil }
    let bytes: [UInt8]? =
      switch item.place {
      case .file(let path): try? readFile(path, name: item.path)
      case .member(let archive, let index, let identity):
        try? contents.bytes(of: index, in: archive, identity: identity)
      case .memory(let bytes): bytes
      case .refused: nil
      }
    return bytes.flatMap {
      try? Thumbnail($0, name: item.path, page: item.page ?? 0, orientation: orientation)
    }
  }
}
