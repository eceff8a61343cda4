import Registry

/// Hugging Face's HTTP interface, as huggingface_hub 2.4 uses it (without Xet).
struct HuggingFaceProtocol: HubProtocol {
  let hub = HubName.huggingface
  let site: HubSite

  /// A page has 1000 entries, and no model comes near so many pages or files.
  private static let mostPages = 100, mostFiles = 100_000

  var credentials: [(name: String, value: String)] {
    site.token.map { [("Authorization", "Bearer \($0)")] } ?? []
  }

  func list(
    _ repository: RepositoryID, revision: Revision, with fetcher: Fetcher
  ) throws(HubError) -> Listing {
    let commit =
      revision.isCommit
      ? revision.name : try commitID(of: revision, in: repository, with: fetcher)
    var files: [RemoteFile] = []
    var page: WebAddress? = try endpoint(
      "/api/models/\(repository)/tree/\(commit)?recursive=true&expand=false")
    var visited: Set<WebAddress> = []
    while let address = page {
      guard visited.insert(address).inserted, address.origin == site.endpoint.origin else {
        throw .notAHub(address: address.withoutQuery, .strayListing)
      }
      guard visited.count <= Self.mostPages, files.count <= Self.mostFiles else {
        throw .notAHub(address: address.withoutQuery, .endlessListing)
      }
      let answer = try fetcher.fetch(
        address, of: self, repository: repository, revision: revision)
      files += try self.files(in: answer.body, of: repository, at: address)
      page = answer.head.nextPage.flatMap { address.resolving($0) }
    }
    return try Listing(
      hub: hub, repository: repository, revision: revision, commit: commit, files: files)
  }

  func files(
    in body: [UInt8], of repository: RepositoryID, at address: WebAddress
  ) throws(HubError) -> [RemoteFile] {
    var files: [RemoteFile] = []
    for entry in try decode([TreeEntry].self, from: body, at: address)
    where entry.type == "file" {
      files.append(try entry.file(at: address))
    }
    return files
  }

  private func commitID(
    of revision: Revision, in repository: RepositoryID, with fetcher: Fetcher
  ) throws(HubError) -> String {
    let address = try endpoint(
      "/api/models/\(repository)/revision/\(revision.name.percentEncoded())")
    let answer = try fetcher.fetch(address, of: self, repository: repository, revision: revision)
    let model = try decode(ModelAnswer.self, from: answer.body, at: address)
    guard model.sha.isHex(count: 40) else {
      throw .notAHub(address: address.withoutQuery, .noCommit)
    }
    return model.sha
  }

  func address(of path: RemotePath, in listing: Listing) throws(HubError) -> WebAddress {
    try endpoint(
      "/\(listing.repository)/resolve/\(listing.commit)/\(path.text.percentEncoded(keeping: "/"))")
  }

  func check(_ head: HTTPHead, for file: RemoteFile, in listing: Listing) throws(HubError) {
    guard head["x-repo-commit"] != nil, let tag = head["x-linked-etag"] ?? head["etag"] else {
      throw .notAHub(
        address: site.endpoint.text, .noCommitOrTag(path: file.path.text))
    }
    if let served = ContentHash(tag), served != file.hash {
      throw .changed(repository: listing.repository.description, path: file.path.text)
    }
  }

  func failure(
    _ head: HTTPHead, body: [UInt8], at address: WebAddress, repository: RepositoryID,
    revision: Revision
  ) -> HubError {
    let name = repository.description
    let tokenSent = site.token != nil
    let message =
      head["x-error-message"] ?? (try? decode(ErrorAnswer.self, from: body, at: address))?.error
      ?? ""
    switch (head["x-error-code"], head.status) {
    case ("RepoNotFound", _):
      return .repositoryMissing(repository: name, hub: hub, tokenSent: tokenSent)
    case ("GatedRepo", _):
      return .gated(
        repository: name, host: site.endpoint.text.trimmingSlashes, tokenSent: tokenSent)
    case ("RevisionNotFound", _):
      return .revisionMissing(repository: name, revision: revision.name)
    case ("EntryNotFound", _):
      return .fileMissing(repository: name, path: address.withoutQuery)
    case (_, 401) where tokenSent: return .badToken(hub: hub)
    case (_, 401):
      return .repositoryMissing(repository: name, hub: hub, tokenSent: false)
    case (_, 403):
      return .forbidden(
        address: address.withoutQuery, message: message.isEmpty ? "status 403" : message)
    case (_, 404) where message.isEmpty:
      return .notAHub(address: address.withoutQuery, .notFound)
    default:
      return .serverFailed(address: address.withoutQuery, status: head.status, message: message)
    }
  }
}

/// The answer to a revision; everything else in it is decoration.
private struct ModelAnswer: Decodable {
  let sha: String
}

/// What is in the body of an unhappy answer.
private struct ErrorAnswer: Decodable {
  let error: String
}

/// One entry of a tree answer.
private struct TreeEntry: Decodable {
  struct LargeFile: Decodable {
    let oid: String
    let size: Int64
  }
  let type: String
  let path: String
  let oid: String
  let size: Int64?
  let lfs: LargeFile?
  let xetHash: String?

  func file(at address: WebAddress) throws(HubError) -> RemoteFile {
    let path = try RemotePath(path)
    guard oid.isHex(count: 40), let size = lfs?.size ?? size, size >= 0,
      lfs?.oid.isHex(count: 64) != false
    else { throw .notAHub(address: address.withoutQuery, .noSizeOrHash(path: path.text)) }
    return RemoteFile(
      path: path, size: size, hash: lfs.map { .sha256($0.oid) } ?? .gitBlob(oid), blobID: oid,
      xetHash: xetHash.flatMap { $0.isHex(count: 64) ? $0 : nil })
  }
}
