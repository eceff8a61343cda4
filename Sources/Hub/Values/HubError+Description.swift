import Files
import FoundationEssentials
import Registry

extension HubError: CustomStringConvertible {
  /// One sentence: what happened, to what, and what may help.
  ///
  /// Long, so that the compiler sees that each case has one.
  package var description: String {
    switch self {
    case .badSetting(let variable, let value, let expected):
      "\(variable) is '\(value)', expected \(expected)"
    case .badRepository(let id):
      "'\(id.printable)' is not a repository id; write owner/name, for example "
        + "OpenGVLab/InternVL3-1B"
    case .badRevision(let revision):
      "'\(revision.printable)' is not a revision; give a branch, a tag or a commit"
    case .repositoryMissing(let repository, let hub, let tokenSent):
      "\(hub.displayName) has no repository '\(repository)'"
        + (tokenSent ? " that your token can see" : "; if it is private, set \(hub.tokenVariable)")
    case .gated(let repository, let host, let tokenSent):
      "'\(repository)' is gated: ask for access at \(host)/\(repository)"
        + (tokenSent ? " with the account of your token" : ", then set HF_TOKEN to your token")
    case .badToken(let hub):
      "\(hub.displayName) refused the token; check \(hub.tokenVariable) (wrong or expired), or "
        + "unset it, since InternVL3 needs none"
    case .forbidden(let address, let message):
      "access to \(address) is refused: \(message.printable); look at the repository's page, "
        + "or use the other hub"
    case .revisionMissing(let repository, let revision):
      "'\(repository)' has no revision '\(revision)'"
    case .fileMissing(let repository, let path):
      "'\(repository)' lists '\(path)' but does not serve it; try again later or use the other hub"
    case .rateLimited(let host, let seconds):
      "\(host) allows no more requests for now; try again"
        + (seconds.map { " in \($0) s" } ?? " in some minutes") + ", or set a token"
    case .serverFailed(let address, let status, let message):
      "\(address) failed with status \(status)"
        + (message.isEmpty ? "" : " (\(message.printable))")
        + "; what is downloaded is kept, try again later or use the other hub"
    case .notAHub(let address, let fault):
      "\(address) does not answer like a model hub (\(fault.description.printable)); sign in to the "
        + "network if it has a login page, or check the endpoint and proxy variables"
    case .unsafeName(let name, let fault):
      "the hub lists '\(name.printable)', which \(fault.description.printable); nothing was written"
    case .listingIncomplete(let repository, let entries):
      "the listing of '\(repository)' is cut at \(entries) entries; use the other hub"
    case .unreachable(let host, let reason):
      "cannot reach \(host): \(reason.printable); check the network and the proxy "
        + "variables. What is downloaded is kept"
    case .noAnswer(let host):
      "\(host) gives no answer; check the network and the proxy variables. What is downloaded is "
        + "kept"
    case .tlsFailed(let host, let reason):
      "no secure connection to \(host): \(reason.printable); check the clock, and name "
        + "your proxy's certificate in SSL_CERT_FILE if it has one"
    case .notPublic(let host): "\(host) stands for an address that is not public"
    case .stalled(let host, let seconds):
      "\(host) stopped sending for \(seconds) s, several times; what is downloaded is kept, try again"
    case .tooSlow(let host, let rate):
      "\(host) sends only \(rate) bytes a second; what is downloaded is kept, try again "
        + "or use the other hub"
    case .tooManyRedirects(let address):
      "\(address) leads in circles (more than \(Redirect.limit) redirects); try again later or use "
        + "the other hub"
    case .refusedRedirect(let from, let to, let fault):
      "\(from) leads to \(to.printable), which \(fault); check the endpoint variable"
    case .noHub(let failures): Self.sentence(failures)
    case .brokenTransfer(let path, let fault):
      "cannot download '\(path)': \(fault); what is downloaded is kept, try "
        + "again later or use the other hub"
    case .hashMismatch(let path, let expected, let found):
      "'\(path)' arrived damaged twice (expected \(expected), found \(found)) and was thrown away; "
        + "try again later or use the other hub"
    case .changed(let repository, let path):
      "'\(path)' of '\(repository)' changes while it is downloaded; try again"
    case .diskFull(let folder, let needed, let free):
      "'\(folder)' has \(ByteCount(free)) free and \(ByteCount(needed)) are needed; make room, or "
        + "choose another place with HF_HUB_CACHE or MODELSCOPE_CACHE. What is downloaded is kept"
    case .file(let error) where error.isDiskFull:
      "\(error); make room, or choose another place with HF_HUB_CACHE or MODELSCOPE_CACHE. What is "
        + "downloaded is kept"
    case .file(let error) where error.reason == .isLink || error.reason == .notAFolder:
      "\(error); move it away and try again"
    case .file(let error): "\(error)"
    case .curlUnusable: "libcurl cannot be used; memory may be short"
    case .obstructed(let path, let obstruction):
      "'\(path)' \(obstruction); move it away and try again"
    case .notCached(let repository, let missing):
      "'\(repository)' is not complete on this machine and the network is off; missing: "
        + missing.joined(separator: ", ")
    case .cancelled: "interrupted; what is downloaded is kept"
    }
  }
}

extension HubError {
  /// What several hubs answered, or that none was reached.
  private static func sentence(_ failures: [HubError]) -> String {
    let unreached = failures.compactMap { failure in
      if case .unreachable(let host, let reason) = failure {
        "\(host) (\(reason.printable))"
      } else {
        nil
      }
    }
    guard unreached.count == failures.count else {
      return failures.map(\.description).joined(separator: "; ")
    }
    return "cannot reach \(unreached.joined(separator: " or ")); check the network and the proxy "
      + "variables. What is downloaded is kept"
  }

  /// Whether the request or a setting is wrong, rather than the hub, the network or this machine.
  package var isUsage: Bool {
    switch self {
    case .badSetting, .badRepository, .badRevision: true
    default: false
    }
  }
}

extension HubName {
  /// The hub's name as people write it.
  package var displayName: String {
    switch self {
    case .huggingface: "Hugging Face"
    case .modelscope: "ModelScope"
    }
  }

  /// The environment variable that holds the hub's token.
  var tokenVariable: String {
    switch self {
    case .huggingface: "HF_TOKEN"
    case .modelscope: "MODELSCOPE_API_TOKEN"
    }
  }
}
