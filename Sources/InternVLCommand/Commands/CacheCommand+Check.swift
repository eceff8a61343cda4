import ArgumentParser
import Checkpoint
import Files
import Foundation
import Hub
import InternVL
import Kernels
import Models
import Registry

/// `internvl cache verify`.
struct CacheVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hashes the downloaded files and packed weights and names the damaged ones.",
    discussion: "The exit status is 1 when a file is damaged or missing.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let rows = try CacheCheck(choice: choice, repairs: false).rows()
    try StandardOutput.write(json ? JSONText.line(rows) : text(of: rows))
    let damaged = rows.reduce(0) { $0 + Set($1.faults.map(\.path)).count }
    guard damaged == 0 else { throw CommandError.damagedFiles(damaged) }
  }
}

/// `internvl cache repair`.
struct CacheRepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Removes damaged files and what was interrupted.",
    discussion: """
      The next 'internvl pull' or 'internvl launch' downloads or packs them again. Unfinished \
      downloads that were written to in the last 10 minutes stay: another client may be at work on \
      them.
      """)

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let rows = try CacheCheck(choice: choice, repairs: true).rows()
    try StandardOutput.write(json ? JSONText.line(rows) : text(of: rows))
  }
}

/// `internvl cache remove`.
struct CacheRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Removes downloaded models and packed weights from this machine.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Does not ask.") var yes = false
  @Flag(help: "Prints JSON.") var json = false

  func validate() throws {
    guard !choice.models.isEmpty else {
      throw ValidationError("name the models to remove; see 'internvl cache list'.")
    }
  }

  func run() throws {
    let inventory = try CacheInventory.current()
    let found = try choice.entries(in: inventory)
    if !yes {
      for entry in found {
        if let repository = entry.repository { StandardError.say(repository.folder) }
        for file in entry.packed { StandardError.say(file.url.path) }
      }
      StandardError.say("Remove these (\(found.size))? Type yes:")
      guard readLine(strippingNewline: true) == "yes" else {
        throw CommandError.notConfirmed
      }
    }
    for entry in found {
      if let repository = entry.repository {
        try cancellable { cancellation, listener in
          try inventory.remove(repository, cancellation: cancellation, listener: listener)
        }
      }
      for file in entry.packed { try file.remove() }
    }
    try StandardOutput.write(
      json ? JSONText.line(found.map(CacheRow.init)) : "removed \(found.size)\n")
  }
}

/// Runs work that Ctrl-C ends and whose events are shown on standard error.
private func cancellable<Result>(
  _ work: (Cancellation, @escaping HubListener) throws -> Result
) throws -> Result {
  let line = ProgressLine(isShown: true)
  defer { line.finish() }
  do {
    return try Interrupts.cancellable {
      try work(Cancellation { Interrupts.isRequested }, line.show)
    }
  } catch HubError.cancelled, InternVLError.cancelled {
    throw CommandError.interrupted
  }
}

/// Looks through what the caches hold.
private struct CacheCheck {
  let choice: CachedChoice
  /// Whether what is damaged or was interrupted is removed.
  let repairs: Bool

  /// What was found of each revision, and of what was packed from each checkpoint.
  func rows() throws -> [CheckRow] {
    let inventory = try CacheInventory.current()
    let compute = Compute(lanes: Processors.count)
    return try choice.entries(in: inventory).flatMap { entry in
      try cancellable { cancellation, listener in
        let revisions = try entry.repository.map {
          try check($0, inventory, cancellation, listener)
        }
        let downloaded = try (revisions ?? []).map { check in
          try CheckRow(
            check,
            archives: archives(in: check.revision.folder, compute, cancellation, listener))
        }
        let own =
          entry.repository == nil
          ? try archives(in: entry.folder, compute, cancellation, listener) : nil
        let packed = try checkPacked(entry, compute, cancellation, listener)
        return downloaded + [own.map { CheckRow(entry, archives: $0) }, packed].compactMap(\.self)
      }
    }
  }

  private func check(
    _ repository: CacheInventory.Repository, _ inventory: CacheInventory,
    _ cancellation: Cancellation, _ listener: HubListener
  ) throws(HubError) -> [RevisionCheck] {
    if repairs {
      return try inventory.repair(repository, cancellation: cancellation, listener: listener)
    }
    var checks: [RevisionCheck] = []
    for revision in repository.revisions {
      checks.append(
        try inventory.verify(
          revision, of: repository, cancellation: cancellation, listener: listener))
    }
    return checks
  }

  /// The checksums of a folder's PyTorch archives; nil where it has none, or is only repaired.
  private func archives(
    in folder: String, _ compute: Compute, _ cancellation: Cancellation, _ listener: HubListener
  ) throws(HubError) -> ArchiveCheck? {
    guard !repairs else { return nil }
    listener(.checking(path: folder))
    let check = ArchiveCheck(
      URL(filePath: folder), on: compute, isCancelled: { cancellation.isRequested })
    if cancellation.isRequested { throw .cancelled }
    return check
  }

  /// Nil where nothing was packed to the end.
  private func checkPacked(
    _ entry: CacheEntry, _ compute: Compute, _ cancellation: Cancellation, _ listener: HubListener
  ) throws -> CheckRow? {
    var damaged: [PackedCache.File] = []
    for file in entry.packed where file.isFinished {
      listener(.checking(path: file.url.lastPathComponent))
      let isIntact = try file.content?.isIntact(
        on: compute, isCancelled: { cancellation.isRequested })
      if isIntact != true { damaged.append(file) }
    }
    if repairs {
      for file in damaged { try file.remove() }
      for file in entry.packed where !file.isFinished { UnfinishedFile.removeAbandoned(file.url) }
    }
    return CheckRow(entry, damaged: damaged)
  }
}

/// A revision, or what was packed from a checkpoint, in the JSON of `cache verify`.
struct CheckRow: Encodable {
  struct Fault: Encodable {
    let path: String
    let fault: String

    /// Those of PyTorch archives.
    static func all(_ check: ArchiveCheck) -> [Fault] {
      check.faults.map { Fault(path: $0.file, fault: "\($0.fault)") }
    }
  }
  /// What people read before the numbers.
  let title: String
  let repository: String?
  let hub: String?
  let commit: String?
  let folder: String
  let intactFiles: Int
  let faults: [Fault]
  var uncheckedFiles: [String] = []
  var absentFiles: [String] = []

  enum CodingKeys: String, CodingKey {
    case repository, hub, commit, folder, faults
    case intactFiles = "intact_files"
    case uncheckedFiles = "unchecked_files"
    case absentFiles = "absent_files"
  }

  init(_ check: RevisionCheck, archives: ArchiveCheck?) {
    let revision = check.revision
    title =
      "\(check.repository) \(revision.names.first ?? String(revision.commit.prefix(8))) "
      + "(\(check.hub.displayName))"
    (repository, hub) = (check.repository.description, check.hub.rawValue)
    (commit, folder) = (revision.commit, revision.folder)
    let found = archives.map { Fault.all($0) } ?? []
    // A checksum says of which file of an unknown hash it is, or where one of a wrong hash is damaged.
    let checked = check.uncheckedFiles.filter { archives?.intactFiles.contains($0) == true }
    intactFiles = check.intactFiles + checked.count
    faults = check.faults.map { Fault(path: $0.path, fault: "\($0.fault)") } + found
    uncheckedFiles = check.uncheckedFiles.filter { path in
      !checked.contains(path) && !found.contains { $0.path == path }
    }
    absentFiles = check.absentFiles
  }

  /// A folder of the user's own.
  init(_ entry: CacheEntry, archives: ArchiveCheck) {
    title = entry.name
    (repository, hub, commit, folder) = (nil, nil, nil, entry.folder)
    intactFiles = archives.intactFiles.count
    faults = Fault.all(archives)
  }

  /// Nil where nothing was packed to the end.
  init?(_ entry: CacheEntry, damaged: [PackedCache.File]) {
    let finished = entry.packed.count { $0.isFinished }
    guard finished > 0 else { return nil }
    title = "\(entry.name), packed weights"
    (repository, hub) = (entry.repository?.id.description, entry.repository?.hub.rawValue)
    (commit, folder) = (nil, entry.folder)
    intactFiles = finished - damaged.count
    faults = damaged.map { Fault(path: $0.url.path, fault: "is not what was written") }
  }

  /// Some lines for people.
  var text: String {
    var lines = ["\(title): \(Units.count(intactFiles, "file")) right"]
    if !absentFiles.isEmpty { lines[0] += ", \(absentFiles.count) never downloaded" }
    if !uncheckedFiles.isEmpty {
      lines.append("  no hash is known of: \(uncheckedFiles.joined(separator: ", "))")
    }
    lines += faults.map { "  \($0.path): \($0.fault)" }
    return lines.map { $0 + "\n" }.joined()
  }
}

/// Some lines for people.
private func text(of rows: [CheckRow]) -> String {
  rows.isEmpty ? "no models are here\n" : rows.map(\.text).joined()
}
