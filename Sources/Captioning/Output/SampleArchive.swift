import Archives
package import Files
import JSON

/// A tar archive of samples as WebDataset reads them: the files of each picture's sample again, with its
/// caption as `KEY.txt` and its row as `KEY.json`.
///
/// A sample is the files next to each other whose paths are the same up to the first "." of their last part.
/// What an earlier run added to it is replaced. The archive begins with a comment, by which it is known
/// before it has a whole sample.
package final class SampleArchive: RowStore {
  package private(set) var rows: [ExactText: CaptionRow] = [:]
  package var retriesFailures: Bool { false }
  private let file: OpenFile
  private let fields: [String]
  private let policy: SidecarPolicy
  private let writer: TarWriter
  private let contents = ArchiveContents()
  private var isEmpty: Bool
  /// Samples that were written, by the paths of their members up to the first ".".
  private var written: Set<ExactText> = []
  /// The members of the archive that was read last.
  private var listed: (archive: PictureArchive, members: [PictureArchive.Member])?

  /// Opens an archive, or makes it; a sample that a crash left half written is removed.
  ///
  /// - Parameters:
  ///   - path: the archive.
  ///   - fields: the names of the answers, of which the first is the text.
  ///   - settings: those of the rows to come.
  ///   - mode: what becomes of rows with other settings.
  ///   - policy: what becomes of texts that samples have already, and of answers that were cut.
  /// - Throws: `CaptioningError` where the file cannot be used; it is then as it was.
  package init(
    _ path: String, fields: [String], settings: CaptionSettings, mode: RowMode,
    policy: SidecarPolicy
  ) throws(CaptioningError) {
    self.fields = fields
    self.policy = policy
    do throws(FileError) {
      file = try OpenFile(growing: path)
      try file.status().requireFile(path)
    } catch {
      throw .unopened(error)
    }
    guard (try? file.tryLock()) == true, file.hasItsName else { throw .inUse(file: path) }
    let (samples, end) = try Self.checkedSamples(in: path, settings, mode)
    isEmpty = mode == .overwrite || end == 0
    do throws(FileError) {
      try file.truncate(to: isEmpty ? 0 : Int64(end))
      writer = try TarWriter(file)
    } catch {
      throw .output(error)
    }
    guard mode != .overwrite else { return }
    for sample in samples {
      rows[sample.row.name] = sample.row
      written.insert(sample.key)
    }
  }

  /// The newest row of each picture in an archive, which is left as it is; none where there is no archive.
  package static func rows(
    of path: String, settings: CaptionSettings, mode: RowMode
  ) throws(CaptioningError) -> [ExactText: CaptionRow] {
    let samples = try checkedSamples(in: path, settings, mode).samples
    return Dictionary(samples.map { ($0.row.name, $0.row) }) { $1 }
  }

  /// A file of a sample, by its path in the archive.
  private typealias SampleFile = (name: ExactText, content: [UInt8])

  /// A sample that was written.
  private struct Sample {
    let key: ExactText
    let row: CaptionRow
  }

  /// Refuses an archive of somebody else, or of other settings.
  private static func checkedSamples(
    in path: String, _ settings: CaptionSettings, _ mode: RowMode
  ) throws(CaptioningError) -> (samples: [Sample], end: Int) {
    let (samples, end) = Self.samples(in: path)
    guard !samples.isEmpty || beginsWithComment(path) else { throw .foreignArchive(file: path) }
    let other = samples.first { $0.row.caption != nil && $0.row.settings != settings }
    if let other, mode == .resume {
      throw .otherSettings(file: path, other.row.settings.differences(to: settings))
    }
    return (samples, end)
  }

  /// What archives begin with.
  private static let comment = TarComment("internvl caption").bytes

  /// Whether a file begins with the comment, or with a part of it where a crash left no more.
  private static func beginsWithComment(_ path: String) -> Bool {
    guard let file = try? OpenFile(reading: path) else { return FileSystem.kind(of: path) == nil }
    var front = [UInt8](repeating: 0, count: comment.count)
    let count = front.withUnsafeMutableBytes { try? file.read(into: $0, at: 0) }
    guard let count else { return false }
    return comment.starts(with: front.prefix(count))
  }

  /// The samples in an archive, and where the last whole one ends.
  private static func samples(in path: String) -> (samples: [Sample], end: Int) {
    var samples: [Sample] = []
    var end = 0
    let size = Int(FileSystem.fileSize(path) ?? 0)
    guard size > 0, let reader = try? ArchiveReader(path: path) else { return ([], 0) }
    while let member = try? reader.next() {
      guard let name = member.name, let bytes = member.size, bytes <= largestRow,
        name.pathEnding == "json", let content = try? reader.readToEnd(limit: bytes),
        let row = row(content)
      else { continue }
      // GNU's form puts a name of more than 100 bytes into a member of its own.
      let nameBytes = name.utf8.count > 100 ? 512 + (name.utf8.count + 1).roundedToBlocks : 0
      // The comment counts as a part of the first member.
      let start = max(reader.headerPosition, comment.count)
      let memberEnd = start + nameBytes + 512 + bytes.roundedToBlocks
      guard memberEnd <= size else { break }
      samples.append(Sample(key: key(name), row: row))
      end = memberEnd
    }
    return (samples, end)
  }

  /// The most bytes of a row.
  private static let largestRow = 1 << 20

  /// The row that a JSON file holds; nil where it is somebody else's.
  private static func row(_ content: [UInt8]) -> CaptionRow? {
    let members = content.withUnsafeBytes { try? JSONObject.members($0.bytes) }
    return members.flatMap { CaptionRow($0, nameColumn: RowColumn.image.rawValue) }
  }

  package func append(_ row: CaptionRow, of item: CaptionItem) throws(CaptioningError) {
    let name = item.page.map { "\(item.innerName)#page=\($0 + 1)" } ?? item.innerName
    // A second picture of a sample has its caption under its whole name.
    let isFirst = written.insert(Self.key(name)).inserted
    let base = isFirst ? Self.key(name).string : name
    let modified = row.identity?.modified ?? 0
    let files = isFirst ? withoutOwn(files(item)) : []
    let textName = ExactText("\(base).txt")
    let existing = files.first { $0.name == textName }
    let text = text(row, existing: existing.map { String(decoding: $0.content, as: UTF8.self) })
    var jsonName = ExactText("\(base).json")
    while files.contains(where: { $0.name == jsonName }) {
      jsonName = ExactText("\(jsonName.string.withoutPathEnding).caption.json")
    }
    let json = RowFormat.jsonl.line(row, fields: fields)
    do throws(FileError) {
      try begin()
      for (name, content) in files where name != textName {
        try writer.add(name.string, content, modified: modified)
      }
      if let text { try writer.add(textName.string, Array(text.utf8), modified: modified) }
      try writer.add(jsonName.string, Array(json.utf8), modified: modified)
      try file.synchronize()
    } catch {
      throw .output(error)
    }
    rows[row.name] = row
  }

  package func finish() throws(CaptioningError) {
    do throws(FileError) {
      try begin()
      try writer.finish()
      try file.synchronize()
    } catch {
      throw .output(error)
    }
  }

  /// Writes the comment in front of the first sample.
  private func begin() throws(FileError) {
    guard isEmpty else { return }
    try file.append(Self.comment)
    isEmpty = false
  }

  /// A sample's files without the rows that an earlier run added, and without its texts unless somebody
  /// changed them.
  private func withoutOwn(_ files: [SampleFile]) -> [SampleFile] {
    var own: Set<ExactText> = []
    for (name, content) in files
    where name.string.pathEnding == "json" && content.count <= Self.largestRow {
      guard let row = Self.row(content) else { continue }
      own.insert(name)
      var base = name.string.withoutPathEnding
      while base.pathEnding == "caption" { base = base.withoutPathEnding }
      let text = files.first { $0.name == ExactText("\(base).txt") }
      if let text, let answer = row.caption?.answers.first(where: { $0.field == fields.first }),
        answer.text.utf8.elementsEqual(text.content)
      {
        own.insert(text.name)
      }
    }
    return files.filter { !own.contains($0.name) }
  }

  /// The text of a sample; nil where it has none.
  private func text(_ row: CaptionRow, existing: String?) -> String? {
    let existing = existing.flatMap { $0.trimmed.isEmpty ? nil : $0 }
    guard let answer = row.caption?.answers.first(where: { $0.field == fields.first }),
      answer.ending == .stop || policy.allowsCut
    else { return existing }
    guard let existing else { return answer.text }
    switch policy.existing {
    case .skip, .error: return existing
    case .overwrite: return answer.text
    case .append: return .joined(existing, answer.text)
    case .prepend: return .joined(answer.text, existing)
    }
  }

  /// The files of a picture's sample, by their paths; what cannot be read is left out, as its row tells.
  private func files(_ item: CaptionItem) -> [SampleFile] {
    switch item.place {
    case .file(let path):
      let content = try? OpenFile(reading: path).readToEnd(
        limit: ArchiveLimits.standard.memberBytes)
      return content.map { [(item.name, $0)] } ?? []
    case .member(let archive, let index, _):
      return sample(of: index, in: archive).compactMap { member in
        let content = try? contents.bytes(
          of: member.index, in: archive, identity: member.identity)
        return content.map { (ExactText(member.name), $0) }
      }
    case .memory(let bytes): return [(item.name, bytes)]
    case .refused: return []
    }
  }

  /// The members around a picture that have its key.
  private func sample(of index: Int, in archive: PictureArchive) -> [PictureArchive.Member] {
    if listed?.archive != archive { listed = (archive, archive.list().members) }
    guard let members = listed?.members else { return [] }
    // Members come in the order of their places.
    var (place, end) = (0, members.count)
    while place < end {
      let middle = (place + end) / 2
      if members[middle].index < index { place = middle + 1 } else { end = middle }
    }
    guard place < members.count, members[place].index == index else { return [] }
    let key = Self.key(members[place].name)
    func belongs(_ member: PictureArchive.Member) -> Bool { Self.key(member.name) == key }
    let front = members[..<place].lastIndex { !belongs($0) }.map { $0 + 1 } ?? 0
    let back = members[place...].firstIndex { !belongs($0) } ?? members.count
    return members[front..<back].filter { $0.problem == nil }
  }

  /// A path up to the first "." of its last part.
  private static func key(_ path: String) -> ExactText {
    let name = path.lastPathPart
    let stem = name.utf8.prefix { $0 != UInt8(ascii: ".") }
    return ExactText(
      String(decoding: path.utf8.dropLast(name.utf8.count - stem.count), as: UTF8.self))
  }
}

extension Int {
  /// The number of bytes in whole blocks of 512.
  fileprivate var roundedToBlocks: Int { (self + 511) / 512 * 512 }
}
