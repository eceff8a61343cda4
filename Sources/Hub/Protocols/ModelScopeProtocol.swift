import Registry

/// ModelScope's HTTP interface, as modelscope 1.40 uses it.
struct ModelScopeProtocol: HubProtocol {
  let hub = HubName.modelscope
  let site: HubSite

  /// The service cuts a listing here without saying so.
  private static let longestListing = 3000

  var credentials: [(name: String, value: String)] {
    site.token.map { [("Authorization", "Bearer \($0)"), ("Cookie", "m_session_id=\($0)")] } ?? []
  }

  func list(
    _ repository: RepositoryID, revision: Revision, with fetcher: Fetcher
  ) throws(HubError) -> Listing {
    let address = try endpoint(
      "/api/v1/models/\(repository)/repo/files?Revision=\(revision.name.percentEncoded())"
        + "&Recursive=True")
    let answer = try fetcher.fetch(address, of: self, repository: repository, revision: revision)
    let files = try files(in: answer.body, of: repository, at: address)
    return try Listing(
      hub: hub, repository: repository, revision: revision, commit: revision.name, files: files)
  }

  func files(
    in body: [UInt8], of repository: RepositoryID, at address: WebAddress
  ) throws(HubError) -> [RemoteFile] {
    let envelope = try decode(Envelope.self, from: body, at: address)
    guard envelope.success, let entries = envelope.data?.files else {
      throw .serverFailed(
        address: address.withoutQuery, status: envelope.code, message: envelope.message ?? "")
    }
    guard entries.count < Self.longestListing else {
      throw .listingIncomplete(repository: repository.description, entries: entries.count)
    }
    var files: [RemoteFile] = []
    for entry in entries where entry.type == "blob" { files.append(try entry.file(at: address)) }
    return files
  }

  func address(of path: RemotePath, in listing: Listing) throws(HubError) -> WebAddress {
    try endpoint(
      "/api/v1/models/\(listing.repository)/repo?Revision=\(listing.revision.name.percentEncoded())"
        + "&FilePath=\(path.text.percentEncoded())")
  }

  /// There is no contract about the head of a file's answer; length and hash decide.
  func check(_ head: HTTPHead, for file: RemoteFile, in listing: Listing) throws(HubError) {}

  func failure(
    _ head: HTTPHead, body: [UInt8], at address: WebAddress, repository: RepositoryID,
    revision: Revision
  ) -> HubError {
    let envelope = try? decode(Envelope.self, from: body, at: address)
    let message = envelope?.message ?? ""
    switch head.status {
    case 400 where envelope?.code == Self.badTokenCode: return .badToken(hub: hub)
    case 401 where site.token != nil: return .badToken(hub: hub)
    case 401:
      return .repositoryMissing(repository: repository.description, hub: hub, tokenSent: false)
    case 403:
      return .forbidden(
        address: address.withoutQuery, message: message.isEmpty ? "status 403" : message)
    case 404 where address.text.contains("FilePath="):
      return .fileMissing(repository: repository.description, path: address.text)
    case 404 where envelope == nil:
      return .notAHub(address: address.withoutQuery, .notFound)
    case 404 where message.lowercased().contains("revision"):
      return .revisionMissing(repository: repository.description, revision: revision.name)
    case 404:
      return .repositoryMissing(
        repository: repository.description, hub: hub, tokenSent: site.token != nil)
    default:
      return .serverFailed(address: address.withoutQuery, status: head.status, message: message)
    }
  }

  /// What `Code` says when the access token is wrong.
  private static let badTokenCode = 10_010_103_009
}

/// The frame of every JSON answer.
private struct Envelope: Decodable {
  struct Payload: Decodable {
    let files: [Entry]?
    enum CodingKeys: String, CodingKey { case files = "Files" }
  }
  let code: Int
  let success: Bool
  let message: String?
  let data: Payload?
  enum CodingKeys: String, CodingKey {
    case code = "Code"
    case success = "Success"
    case message = "Message"
    case data = "Data"
  }
}

/// One entry of a listing.
private struct Entry: Decodable {
  let type: String
  let path: String
  let size: Int64
  let sha256: String?
  enum CodingKeys: String, CodingKey {
    case type = "Type"
    case path = "Path"
    case size = "Size"
    case sha256 = "Sha256"
  }

  func file(at address: WebAddress) throws(HubError) -> RemoteFile {
    let path = try RemotePath(path)
    guard size >= 0, let hash = sha256.flatMap(ContentHash.init), case .sha256 = hash else {
      throw .notAHub(address: address.withoutQuery, .noSizeOrHash(path: path.text))
    }
    return RemoteFile(path: path, size: size, hash: hash)
  }
}
