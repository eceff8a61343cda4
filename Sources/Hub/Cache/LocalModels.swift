import Files
import FoundationEssentials
import Registry

/// Looks for models in both hubs' caches, without any network; what cannot be read is not there.
package struct LocalModels: Sendable {
  private let settings: HubSettings

  package init(settings: HubSettings) { self.settings = settings }

  /// How much of a model is here, by the names and sizes of its files.
  ///
  /// Where the caches hold the revision's full listing, every selected file is looked for. A cache
  /// that an older client filled has none; there the index of the weights decides.
  package func state(of model: RemoteModel, selection: FileSelection = .runtime) -> CacheState {
    var state = CacheState.absent
    for (commit, folder) in folders(of: model) {
      switch look(into: folder, commit: commit, model: model, selection: selection) {
      case .complete(let cached): return .complete(cached)
      case .incomplete(let missing): state = .incomplete(missing: missing)
      case .absent: continue
      }
    }
    return state == .absent ? unfinished(model, selection: selection) : state
  }

  /// What an interrupted download from Hugging Face still lacks: until its end no reference says
  /// which commit the revision stands for, and contents have no names but their hashes.
  private func unfinished(_ model: RemoteModel, selection: FileSelection) -> CacheState {
    guard model.hub == .huggingface else { return .absent }
    let root = settings.huggingFace.cacheRoot
    let folder = "\(root)/\(HuggingFaceCache.folderName(model.repository))/snapshots"
    for commit in (try? FileSystem.names(in: folder)) ?? [] {
      guard let listing = listing(of: model, commit: commit) else { continue }
      let cache = settings.cache(.huggingface, repository: model.repository, commit: commit)
      let missing = selection.files(of: listing)
        .filter { FileSystem.fileSize(cache.target(of: $0)) != $0.size }.map(\.path.text)
      return .incomplete(missing: missing.isEmpty ? ["refs/\(model.revision.name)"] : missing)
    }
    return .absent
  }

  /// Whether a download from this hub was begun, or completed for another revision.
  func isBegun(_ model: RemoteModel) -> Bool {
    let cache = settings.cache(
      model.hub, repository: model.repository, commit: model.revision.name)
    return [cache.partialFolder, cache.snapshotFolder].contains {
      (try? FileSystem.names(in: $0))?.isEmpty == false
    }
  }

  /// The snapshot folders that a model may be in.
  private func folders(of model: RemoteModel) -> [(commit: String, folder: String)] {
    let root = settings.site(model.hub).cacheRoot
    switch model.hub {
    case .huggingface:
      guard
        let commit = HuggingFaceCache.commit(
          of: model.revision, root: root, repository: model.repository)
      else { return [] }
      let cache = settings.cache(.huggingface, repository: model.repository, commit: commit)
      return [(commit, cache.snapshotFolder)]
    case .modelscope:
      let name = model.revision.name
      let cache = settings.cache(.modelscope, repository: model.repository, commit: name)
      return
        ([cache.snapshotFolder]
        + ModelScopeCache.oldFolders(root: root, repository: model.repository)).map { (name, $0) }
    }
  }

  private func look(
    into folder: String, commit: String, model: RemoteModel, selection: FileSelection
  ) -> CacheState {
    guard FileSystem.kind(of: folder, followingLinks: true) == .folder else { return .absent }
    let found = CachedModel(model: model, commit: commit, folder: folder)
    let missing: [String]
    if let listing = listing(of: model, commit: commit) {
      missing = selection.files(of: listing)
        .filter { FileSystem.fileSize("\(folder)/\($0.path)") != $0.size }.map(\.path.text)
    } else {
      missing = Self.missingByIndex(in: folder)
    }
    return missing.isEmpty ? .complete(found) : .incomplete(missing: missing)
  }

  /// The full listing of a revision, as far as this machine knows it.
  func listing(of model: RemoteModel, commit: String) -> Listing? {
    let cache = settings.cache(model.hub, repository: model.repository, commit: commit)
    let record = SnapshotRecord(of: cache.snapshotFolder, in: settings.stateFolder)
    let noted = record.storedListing(
      hub: model.hub, repository: model.repository, revision: model.revision, commit: commit)
    guard noted == nil, model.hub == .huggingface else { return noted }
    return Listing.stored(
      root: settings.huggingFace.cacheRoot, repository: model.repository,
      revision: model.revision, commit: commit)
  }

  /// What a snapshot without a listing lacks for certain: its configuration, a tokenizer, or weights
  /// that its index names.
  private static func missingByIndex(in folder: String) -> [String] {
    struct WeightIndex: Decodable {
      let weightMap: [String: String]
      enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
    }
    let isThere: (String) -> Bool = { FileSystem.fileSize("\(folder)/\($0)") ?? 0 > 0 }
    var missing = isThere("config.json") ? [] : ["config.json"]
    if !["tokenizer.model", "tokenizer.json"].contains(where: isThere) {
      missing += ["vocab.json", "merges.txt"].filter { !isThere($0) }
    }
    let wholes = ["model.safetensors", "pytorch_model.bin"]
    guard !wholes.contains(where: isThere) else { return missing }
    let indexes = wholes.map { "\($0).index.json" }
    guard let index = indexes.first(where: isThere),
      let bytes = try? OpenFile(reading: "\(folder)/\(index)").readToEnd(),
      let shards = try? JSONDecoder().decode(WeightIndex.self, from: Data(bytes))
    else { return missing + ["model.safetensors or its index"] }
    missing += Set(shards.weightMap.values).filter { !isThere($0) }.sorted()
    return missing
  }
}
