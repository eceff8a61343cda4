import Files

/// The text files of a run.
package final class Sidecars {
  /// What stands where a caption should go.
  enum State: Equatable {
    /// Nothing, or white space.
    case free
    /// What this program wrote; `original` is the text of the user's that it was joined to.
    case own(text: String, original: String?)
    case foreign(text: String)
    /// Something that is no text, such as a folder.
    case unusable
  }

  package let policy: SidecarPolicy
  private let paths: [ExactText: String]
  private let ledger: SidecarLedger

  /// - Parameters:
  ///   - policy: how they are written.
  ///   - items: all pictures that were found, also those of other shards, so that all shards name files
  ///     the same way.
  ///   - ledger: the folder where what was written is noted.
  package init(_ policy: SidecarPolicy, for items: [CaptionItem], ledger: String) {
    self.policy = policy
    self.ledger = SidecarLedger(folder: ledger)
    paths = Self.paths(policy, items)
  }

  /// The picture's name with another ending: `a.jpg` becomes `a.txt`.
  ///
  /// Where two pictures of a folder would share it, as `a.jpg` and `a.png` would, they keep their endings:
  /// `a.jpg.txt`; so does `a.jpg.png` beside `a.jpg`. A member of an archive has a file in the policy's folder, in a folder of the archive's
  /// name.
  private static func paths(
    _ policy: SidecarPolicy, _ items: [CaptionItem]
  ) -> [ExactText: String] {
    func base(_ item: CaptionItem) -> String? {
      let page = item.page.map { "-page\($0 + 1)" } ?? ""
      if let folder = policy.folder {
        // The archive of a member becomes a folder.
        let archive = item.name.string.utf8.dropLast(item.innerName.utf8.count + 1)
        let parts = (Array(archive) + [UInt8(ascii: "/")] + Array(item.innerName.utf8))
          .split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual("..".utf8) }
        return folder + "/"
          + parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") + page
      }
      guard case .file(let path) = item.place else { return nil }
      return path + page
    }
    func stem(_ base: String, _ item: CaptionItem) -> String {
      item.page == nil ? base.withoutPathEnding : base
    }
    var stems: [ExactText: Int] = [:]
    for item in items {
      guard let base = base(item) else { continue }
      for text in Set([ExactText(base), ExactText(stem(base, item))]) {
        stems[text, default: 0] += 1
      }
    }
    var paths: [ExactText: String] = [:]
    for item in items {
      guard let base = base(item) else { continue }
      let stem = stem(base, item)
      let isShared = stems[ExactText(stem), default: 0] > 1
      paths[item.rowName] = "\(isShared ? base : stem).\(policy.ending)"
    }
    return paths
  }

  package func path(of item: CaptionItem) -> String? { paths[item.rowName] }

  /// What stands at a path now.
  func state(_ path: String) -> State {
    switch FileSystem.kind(of: path) {
    case nil: return .free
    case .file?: break
    default: return .unusable
    }
    guard let bytes = try? OpenFile(reading: path).readToEnd(limit: 1 << 24),
      let text = String(validating: bytes, as: UTF8.self)
    else { return .unusable }
    if text.allSatisfy(\.isWhitespace) { return .free }
    guard let entry = ledger.entry(path: path, text: text) else { return .foreign(text: text) }
    return .own(text: text, original: entry.original)
  }

  /// What `{existing}` stands for: the user's own text, or what is there.
  func existingText(_ item: CaptionItem) -> String {
    guard let path = path(of: item) else { return "" }
    switch state(path) {
    case .free, .unusable: return ""
    case .own(let text, let original): return (original ?? text).trimmed
    case .foreign(let text): return text.trimmed
    }
  }

  /// Writes a caption, as far as the policy allows; returns whether the file holds it.
  func write(_ caption: String, of item: CaptionItem) throws(CaptioningError) -> Bool {
    guard let path = path(of: item) else { return true }
    let now: String?
    let original: String?
    switch state(path) {
    case .unusable: return false
    case .free: (now, original) = (nil, nil)
    case .own(let text, let user):
      (now, original) = (text, policy.existing == .overwrite ? nil : user)
    case .foreign(let text):
      if text == caption + "\n" { return true }
      switch policy.existing {
      case .skip, .error: return false
      case .overwrite: (now, original) = (text, nil)
      case .append, .prepend: (now, original) = (text, text)
      }
    }
    var content = caption
    if let original {
      content =
        policy.existing == .prepend
        ? .joined(caption, original) : .joined(original, caption)
    }
    content += "\n"
    if now == content { return true }
    do throws(FileError) {
      // Noted first: if the program ends in between, the file is still known as its own.
      ledger.note(path: path, text: content, original: original)
      try FileSystem.replace(path, with: content, durably: true)
    } catch {
      throw .output(error)
    }
    return true
  }
}
