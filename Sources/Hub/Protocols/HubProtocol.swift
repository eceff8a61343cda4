import FoundationEssentials
import Registry

/// How one hub speaks: what to ask for, and what its answers mean.
protocol HubProtocol: Sendable {
  var hub: HubName { get }
  var site: HubSite { get }

  /// Reads the whole list of files at a revision.
  func list(
    _ repository: RepositoryID, revision: Revision, with fetcher: Fetcher
  ) throws(HubError) -> Listing

  /// Reads the files out of one answer to the question for the list.
  func files(
    in body: [UInt8], of repository: RepositoryID, at address: WebAddress
  ) throws(HubError) -> [RemoteFile]

  /// Where a file's bytes start from; redirects may follow.
  func address(of path: RemotePath, in listing: Listing) throws(HubError) -> WebAddress

  /// The headers that carry the token, nothing without one.
  var credentials: [(name: String, value: String)] { get }

  /// Checks the head of the first answer that does not come from a mere detour within the hub.
  func check(_ head: HTTPHead, for file: RemoteFile, in listing: Listing) throws(HubError)

  /// What an unhappy answer means.
  func failure(
    _ head: HTTPHead, body: [UInt8], at address: WebAddress, repository: RepositoryID,
    revision: Revision
  ) -> HubError
}

extension HubProtocol {
  /// The headers for a request: credentials go to the hub's own origin and nowhere else.
  func headers(for address: WebAddress) -> [(name: String, value: String)] {
    address.origin == site.endpoint.origin ? credentials : []
  }

  /// An address below the endpoint.
  func endpoint(_ path: String) throws(HubError) -> WebAddress {
    guard let address = WebAddress(site.endpoint.text.trimmingSlashes + path) else {
      throw .badSetting(
        variable: "endpoint", value: site.endpoint.text, expected: "an http or https address")
    }
    return address
  }

  /// Reads a JSON answer, `notAHub` when it is something else.
  func decode<Answer: Decodable>(
    _ type: Answer.Type, from body: [UInt8], at address: WebAddress
  ) throws(HubError) -> Answer {
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      throw .notAHub(
        address: address.withoutQuery,
        body.first == UInt8(ascii: "<") ? .webPage : .unexpectedJSON)
    }
  }
}

extension String {
  /// The text without slashes at its end.
  var trimmingSlashes: String {
    var text = self[...]
    while text.hasSuffix("/") { text = text.dropLast() }
    return String(text)
  }
}
