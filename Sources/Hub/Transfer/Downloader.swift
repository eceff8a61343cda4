import Files
import Registry

/// Brings models to this machine: lists, plans, transfers, verifies.
///
/// Calls block; events come on the calling thread. Several downloaders, in one process or many,
/// may work on one cache.
package struct Downloader {
  let settings: HubSettings
  let cancellation: Cancellation
  let listener: HubListener

  package init(
    settings: HubSettings, cancellation: Cancellation = Cancellation(),
    listener: @escaping HubListener = { _ in }
  ) {
    (self.settings, self.cancellation, self.listener) = (settings, cancellation, listener)
  }

  /// Asks the hub for the listing and compares it with what is here; changes nothing.
  package func plan(
    _ model: RemoteModel, selection: FileSelection = .runtime
  ) throws(HubError) -> DownloadPlan {
    let local = LocalModels(settings: settings)
    guard !settings.isOffline else {
      switch local.state(of: model, selection: selection) {
      case .incomplete(let missing):
        throw .notCached(repository: model.repository.description, missing: missing)
      case .absent:
        throw .notCached(repository: model.repository.description, missing: ["all files"])
      case .complete(let cached):
        guard let listing = local.listing(of: model, commit: cached.commit) else {
          throw .notCached(repository: model.repository.description, missing: ["the list of files"])
        }
        return DownloadPlan(
          model: model, listing: listing, selection: selection, settings: settings)
      }
    }
    let client = try HTTPClient(settings: settings.transport)
    let fetcher = Fetcher(
      client: client, timing: settings.transport.timing, cancellation: cancellation,
      listener: listener)
    let listing = try settings.speaker(model.hub).list(
      model.repository, revision: model.revision, with: fetcher)
    return DownloadPlan(model: model, listing: listing, selection: selection, settings: settings)
  }

  /// Carries out a plan and returns the model; a file that is there already is hashed first unless
  /// that was done before.
  ///
  /// When the hub changes the files meanwhile, the download goes on with the new listing, once.
  package func download(_ plan: DownloadPlan) throws(HubError) -> CachedModel {
    let lock = try settings.lock(
      plan.model.hub, plan.model.repository, cancellation: cancellation, listener: listener)
    defer { withExtendedLifetime(lock) {} }
    do throws(HubError) {
      return try fill(plan, mayTakeOver: lock.isEffective)
    } catch {
      guard error.mayBeStaleListing else { throw error }
      let selection: FileSelection =
        plan.files.count == plan.listing.files.count ? .all : .runtime
      let fresh = try self.plan(plan.model, selection: selection)
      guard fresh.listing != plan.listing else { throw error }
      return try fill(fresh, mayTakeOver: lock.isEffective)
    }
  }

  private func fill(_ plan: DownloadPlan, mayTakeOver: Bool) throws(HubError) -> CachedModel {
    let cache = settings.cache(
      plan.model.hub, repository: plan.model.repository, commit: plan.listing.commit)
    let files = plan.files.map(\.file)
    var record = SnapshotRecord(of: cache.snapshotFolder, in: settings.stateFolder)
    record.note(plan.listing)
    var present: [RemoteFile] = []
    for file in files where try isIntact(file, at: cache.target(of: file), record: &record) {
      present.append(file)
    }
    let presentPaths = Set(present.map(\.path))
    var targets: Set<String> = []
    let needed = files.filter {
      !presentPaths.contains($0.path) && targets.insert(cache.target(of: $0)).inserted
    }
    try record.write(for: cache.snapshotFolder, in: settings.stateFolder)
    try transfer(
      needed, of: plan, into: cache, present: present, mayTakeOver: mayTakeOver, record: &record)
    for file in files { try cache.prepare(for: file) }
    try cache.place(files)
    for folder in Set(files.map { FileSystem.parent(of: "\(cache.snapshotFolder)/\($0.path)") }) {
      try onDisk(FileSystem.synchronizeFolder(folder))
    }
    for file in files where !cache.contains(file) {
      throw .obstructed(
        path: "\(cache.snapshotFolder)/\(file.path)", .replaced)
    }
    do throws(HubError) {
      try cache.seal(plan.listing)
    } catch {
      // A cache that only others may write in serves what it has.
      guard needed.isEmpty, case .file(let failure) = error, failure.isForbidden else {
        throw error
      }
    }
    return CachedModel(
      model: plan.model, commit: plan.listing.commit, folder: cache.snapshotFolder)
  }

  private func transfer(
    _ needed: [RemoteFile], of plan: DownloadPlan, into cache: any ModelCache,
    present: [RemoteFile], mayTakeOver: Bool, record: inout SnapshotRecord
  ) throws(HubError) {
    guard !needed.isEmpty else { return }
    try checkRoom(for: needed, in: cache)
    let session = TransferSession(
      client: try HTTPClient(settings: settings.transport), hub: settings.speaker(plan.model.hub),
      listing: plan.listing, settings: settings.transport,
      progress: ProgressMeter(all: needed + present, present: present),
      cancellation: cancellation, listener: listener)
    do throws(HubError) {
      try session.run(
        needed,
        open: { file throws(HubError) in
          try cache.prepare(for: file)
          let target = cache.target(of: file)
          return try PartialFile(
            PartialFile.Goal(target: target, size: file.size, hash: file.hash.hex),
            in: cache.partialFolder, journalPath: settings.journalPath(target),
            mayTakeOver: mayTakeOver)
        },
        published: { file throws(HubError) in
          record.noteChecked(file, at: cache.target(of: file))
          try record.write(for: cache.snapshotFolder, in: settings.stateFolder)
        })
    } catch {
      // The write that failed knows only what it could not write itself.
      if case .file(let failure) = error, failure.isDiskFull {
        try checkRoom(
          for: needed.filter { !record.isChecked($0, at: cache.target(of: $0)) }, in: cache)
      }
      throw error
    }
  }

  /// Throws when the volume has no room for what is missing of the files.
  private func checkRoom(for files: [RemoteFile], in cache: any ModelCache) throws(HubError) {
    let needed = files.reduce(Int64(0)) { sum, file in
      sum + max(0, file.size - Journal.keptBytes(settings.journalPath(cache.target(of: file))))
    }
    let free = FileSystem.freeBytes(cache.partialFolder)
    guard needed <= free else {
      throw .diskFull(
        folder: settings.site(cache.hub).cacheRoot, neededBytes: needed, freeBytes: free)
    }
  }

  /// Whether a file is there with the right content; hashes it unless that was done before.
  private func isIntact(
    _ file: RemoteFile, at path: String, record: inout SnapshotRecord
  ) throws(HubError) -> Bool {
    guard FileSystem.fileSize(path) == file.size else { return false }
    if record.isChecked(file, at: path) { return true }
    listener(.checking(path: file.path.text))
    guard try FileHash.matches(file, at: path, cancellation: cancellation) else {
      listener(.damaged(path: file.path.text))
      return false
    }
    record.noteChecked(file, at: path)
    return true
  }
}

extension HubSettings {
  /// What talks to a hub.
  func speaker(_ hub: HubName) -> any HubProtocol {
    switch hub {
    case .huggingface: HuggingFaceProtocol(site: huggingFace)
    case .modelscope: ModelScopeProtocol(site: modelScope)
    }
  }
}

extension HubError {
  /// Whether the reason may be that the hub has changed its files since they were listed.
  fileprivate var mayBeStaleListing: Bool {
    switch self {
    case .changed, .hashMismatch, .brokenTransfer, .fileMissing: true
    default: false
    }
  }
}
