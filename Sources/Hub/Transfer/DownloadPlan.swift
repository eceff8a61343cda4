import Files
import Registry

/// What a download would do.
package struct DownloadPlan: Sendable {
  /// How much of a file is here.
  package enum FileState: Sendable, Equatable {
    case present
    /// An earlier run left this many bytes.
    case partial(Int64)
    case missing
  }

  package let model: RemoteModel
  package let listing: Listing
  /// The selected files, in the listing's order.
  package let files: [(file: RemoteFile, state: FileState)]
  /// The folder that the model will be loaded from.
  package let folder: String
  /// What has to be transferred.
  package let neededBytes: Int64
  /// What the cache's volume has room for.
  package let freeBytes: Int64

  init(
    model: RemoteModel, listing: Listing, selection: FileSelection, settings: HubSettings
  ) {
    let cache = settings.cache(model.hub, repository: model.repository, commit: listing.commit)
    var needed: [String: Int64] = [:]
    self.model = model
    self.listing = listing
    files = selection.files(of: listing).map { file in
      let target = cache.target(of: file)
      if FileSystem.fileSize(target) == file.size { return (file, .present) }
      let kept = Journal.keptBytes(settings.journalPath(target))
      needed[target] = max(0, file.size - kept)
      return (file, kept > 0 ? .partial(kept) : .missing)
    }
    folder = cache.snapshotFolder
    neededBytes = needed.values.reduce(0, +)
    freeBytes = FileSystem.freeBytes(cache.partialFolder)
  }
}

extension HubSettings {
  /// What a download would do if its hub listed the files of `answer`; asks nobody.
  ///
  /// It is how fuzzing gets at what reads a hub's answers.
  package func plan(_ model: RemoteModel, answer: [UInt8]) throws(HubError) -> DownloadPlan {
    let speaker = speaker(model.hub)
    let listing = try Listing(
      hub: model.hub, repository: model.repository, revision: model.revision,
      commit: model.revision.name,
      files: try speaker.files(in: answer, of: model.repository, at: speaker.site.endpoint))
    return DownloadPlan(model: model, listing: listing, selection: .runtime, settings: self)
  }

  /// Where the journal of a partial file is.
  func journalPath(_ target: String) -> String {
    "\(stateFolder)/partial/\(Digest.sha256(target).prefix(32)).journal"
  }

  /// The file that processes lock while they download a repository.
  private func lockPath(_ hub: HubName, _ repository: RepositoryID) -> String {
    "\(stateFolder)/locks/\(hub.rawValue)--\(repository.owner)--\(repository.name).lock"
  }

  /// Waits until no other process of this program changes a repository in a hub's cache.
  func lock(
    _ hub: HubName, _ repository: RepositoryID, cancellation: Cancellation,
    listener: HubListener
  ) throws(HubError) -> ProcessLock {
    try ProcessLock(
      lockPath(hub, repository), cancellation: cancellation,
      waiting: { listener(.waitingForOtherProcess(repository: repository.description)) })
  }
}
