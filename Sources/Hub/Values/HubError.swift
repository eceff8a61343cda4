package import Files
package import Registry

/// Why a model could not be found, downloaded or checked.
package enum HubError: Error, Equatable {
  // What the user asked for.
  /// An environment variable holds something unusable.
  case badSetting(variable: String, value: String, expected: String)
  /// Not a repository id such as "owner/name".
  case badRepository(String)
  /// Not a branch, tag or commit.
  case badRevision(String)

  // What the hub answered.
  case repositoryMissing(repository: String, hub: HubName, tokenSent: Bool)
  case gated(repository: String, host: String, tokenSent: Bool)
  case badToken(hub: HubName)
  case forbidden(address: String, message: String)
  case revisionMissing(repository: String, revision: String)
  case fileMissing(repository: String, path: String)
  /// Still refusing after all the waiting; `seconds` is what the hub asked for last.
  case rateLimited(host: String, seconds: Int?)
  case serverFailed(address: String, status: Int, message: String)
  /// Something answered that does not speak the hub's protocol.
  case notAHub(address: String, ProtocolFault)
  /// A listing names something that must not become a file.
  case unsafeName(String, NameFault)
  /// The listing is not the whole list of files.
  case listingIncomplete(repository: String, entries: Int)

  // The way there; `reason` is in libcurl's words.
  case unreachable(host: String, reason: String)
  case noAnswer(host: String)
  case tlsFailed(host: String, reason: String)
  case stalled(host: String, seconds: Double)
  /// A host's name stands only for addresses that may not be asked.
  case notPublic(host: String)
  case tooSlow(host: String, bytesPerSecond: Int)
  case tooManyRedirects(address: String)
  case refusedRedirect(from: String, to: String, RedirectFault)
  /// Each of several hubs that were asked failed, in this order.
  case noHub([HubError])

  // The bytes.
  /// The server does not send what its listing promises.
  case brokenTransfer(path: String, TransferFault)
  case hashMismatch(path: String, expected: String, found: String)
  /// The hub serves another file than the one it listed.
  case changed(repository: String, path: String)

  // This machine.
  case diskFull(folder: String, neededBytes: Int64, freeBytes: Int64)
  case file(FileError)
  /// libcurl could not begin; memory is short.
  case curlUnusable
  /// Something in the cache is not what it should be.
  case obstructed(path: String, Obstruction)
  case notCached(repository: String, missing: [String])
  case cancelled
}

/// Does something with files, and throws what this module throws.
func onDisk<Result>(
  _ work: @autoclosure () throws(FileError) -> Result
) throws(HubError) -> Result {
  do throws(FileError) {
    return try work()
  } catch {
    throw .file(error)
  }
}
