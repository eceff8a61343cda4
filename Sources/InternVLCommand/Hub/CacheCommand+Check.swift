import ArgumentParser
import Foundation
import Hub
import Registry

/// `internvl cache verify`.
struct CacheVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Hashes the downloaded files and names the damaged ones.",
    discussion: "The exit status is 1 when a file is damaged or missing.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let inventory = try CacheInventory.current()
    let checks = try choice.find(in: inventory).flatMap { repository in
      try cancellable { cancellation, listener in
        try repository.revisions.map {
          try inventory.verify(
            $0, of: repository, cancellation: cancellation, listener: listener)
        }
      }
    }
    try StandardOutput.write(
      json ? JSONText.line(checks.map(CheckRow.init)) : text(of: checks))
    let damaged = checks.reduce(0) { $0 + $1.faults.count }
    guard damaged == 0 else {
      throw CommandError.failed(
        "\(Units.count(damaged, "file")) damaged or missing; run 'internvl cache repair', then "
          + "'internvl pull'"
      )
    }
  }
}

/// `internvl cache repair`.
struct CacheRepairCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Removes damaged files and what interrupted downloads left.",
    discussion: """
      The next 'internvl pull' or 'internvl launch' downloads them again. Unfinished files that \
      were written to in the last 10 minutes stay: another client may be at work on them.
      """)

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let inventory = try CacheInventory.current()
    let checks = try choice.find(in: inventory).flatMap { repository in
      try cancellable { cancellation, listener in
        try inventory.repair(repository, cancellation: cancellation, listener: listener)
      }
    }
    try StandardOutput.write(
      json ? JSONText.line(checks.map(CheckRow.init)) : text(of: checks))
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
        throw CommandError.failed("nothing was removed")
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
  } catch HubError.cancelled {
    throw CommandError.interrupted
  }
}

/// A revision in the JSON of `cache verify`.
struct CheckRow: Encodable {
  struct Fault: Encodable {
    let path: String
    let fault: String
  }
  let repository: String
  let hub: String
  let commit: String
  let intactFiles: Int
  let faults: [Fault]
  let uncheckedFiles: [String]
  let absentFiles: [String]

  enum CodingKeys: String, CodingKey {
    case repository, hub, commit, faults
    case intactFiles = "intact_files"
    case uncheckedFiles = "unchecked_files"
    case absentFiles = "absent_files"
  }

  init(_ check: RevisionCheck) {
    (repository, hub) = (check.repository.description, check.hub.rawValue)
    (commit, intactFiles) = (check.revision.commit, check.intactFiles)
    faults = check.faults.map { Fault(path: $0.path, fault: "\($0.fault)") }
    (uncheckedFiles, absentFiles) = (check.uncheckedFiles, check.absentFiles)
  }
}

/// Some lines for people.
private func text(of checks: [RevisionCheck]) -> String {
  checks.isEmpty ? "no models are here\n" : checks.map(\.text).joined()
}

extension RevisionCheck {
  /// Some lines for people.
  fileprivate var text: String {
    var lines = ["\(repository) \(revision.names.first ?? String(revision.commit.prefix(8)))"]
    lines[0] += " (\(hub.displayName)): \(Units.count(intactFiles, "file")) right"
    if !absentFiles.isEmpty { lines[0] += ", \(absentFiles.count) never downloaded" }
    if !uncheckedFiles.isEmpty {
      lines.append("  no hash is known of: \(uncheckedFiles.joined(separator: ", "))")
    }
    lines += faults.map { "  \($0.path): \($0.fault)" }
    return lines.map { $0 + "\n" }.joined()
  }
}
