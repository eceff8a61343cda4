import Files

extension WebDownload.Fault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badAddress: "the address is no http or https URL"
    case .hostNotAllowed(let host): "the host \(host.quoted) is not one of those that may be asked"
    case .privateAddress(let host): "\(host.quoted) stands for an address that is not public"
    case .tooLarge(let limit): "the file has more than \(ByteCount(limit))"
    case .tooManyRedirects: "there are too many redirects"
    case .status(let status, let host): "\(host.quoted) answered with status \(status)"
    case .late(let host): "\(host.quoted) takes too long to send it"
    case .failed(let host, let reason): "\(host.quoted): \(reason)"
    }
  }
}
