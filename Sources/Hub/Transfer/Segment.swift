/// Receives one piece of a file from one answer and writes it where it belongs.
final class Segment: HTTPReceiver {
  /// What came of it.
  enum Outcome {
    /// All bytes of the piece are there.
    case done
    case redirect(WebAddress, head: HTTPHead)
    case setback(Setback)
    /// The answer to a range makes no sense.
    case rangeFault(HubError.TransferFault)
    /// The address in the object store is no longer good.
    case expired(status: Int)
    /// An answer that another try would not change.
    case refused(HTTPHead)
    case failed(HubError)
  }

  let file: FileTransfer
  let address: WebAddress
  /// How many redirects led here, and whether one of them left the hub.
  let hops: Int
  let leftHub: Bool
  /// The bytes still to come.
  private(set) var remaining: Range<Int64>
  private let asked: Range<Int64>
  /// Checks the head of the answer that the hub vouches for; throws what is wrong with it.
  private let check: (HTTPHead) throws(HubError) -> Void
  private let ended: (Segment, Outcome) -> Void
  private var early: Outcome?
  private(set) var receivedBytes: Int64 = 0
  var exchange: HTTPExchange?

  init(
    _ range: Range<Int64>, of file: FileTransfer, at address: WebAddress, hops: Int, leftHub: Bool,
    check: @escaping (HTTPHead) throws(HubError) -> Void,
    ended: @escaping (Segment, Outcome) -> Void
  ) {
    (self.file, self.address, self.hops, self.leftHub) = (file, address, hops, leftHub)
    (asked, remaining) = (range, range)
    (self.check, self.ended) = (check, ended)
  }

  private var size: Int64 { file.file.size }
  private var isWhole: Bool { asked == 0..<size }

  /// The request for the piece; a whole file is asked for without a range.
  func request(headers: [(name: String, value: String)]) -> HTTPRequest {
    let range = ("Range", "bytes=\(asked.lowerBound)-\(asked.upperBound - 1)")
    return HTTPRequest(address: address, headers: headers + (isWhole ? [] : [range]))
  }

  func receive(head: HTTPHead) -> Bool {
    do throws(HubError) {
      early = try judge(head)
    } catch {
      early = .failed(error)
    }
    return early == nil
  }

  /// Decides what an answer is; nil when its body is to be written.
  private func judge(_ head: HTTPHead) throws(HubError) -> Outcome? {
    if let next = try Redirect.target(of: head, from: address) {
      return .redirect(next, head: head)
    }
    if Setback.isTemporary(head.status) { return .setback(.busy(head, at: address)) }
    switch head.status {
    case 200:
      try check(head)
      guard head.isEncoded || head.contentLength ?? size == size else {
        return broken(.wrongSize(head.contentLength ?? 0, expected: size))
      }
      if !isWhole || head.isEncoded { file.hasRanges = false }
      remaining = 0..<size
      return nil
    case 206 where !isWhole:
      guard let (range, whole) = head.contentRange, range.lowerBound == asked.lowerBound,
        range.upperBound <= asked.upperBound, whole ?? size == size, !head.isEncoded
      else { return .rangeFault(.otherRange) }
      try check(head)
      if file.hasRanges == nil { file.hasRanges = true }
      remaining = range
      return nil
    case 416: return .rangeFault(.refusesRange)
    case 400..<500 where leftHub: return .expired(status: head.status)
    default: return .refused(head)
    }
  }

  func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= remaining.count else {
      early = broken(.tooLong(expected: size))
      return false
    }
    do throws(HubError) {
      try file.partial.write(bytes, at: remaining.lowerBound)
    } catch {
      early = .failed(error)
      return false
    }
    remaining = (remaining.lowerBound + Int64(bytes.count))..<remaining.upperBound
    receivedBytes += Int64(bytes.count)
    file.verifier.advance()
    return true
  }

  func finish(_ end: HTTPEnd) {
    ended(self, early ?? outcome(of: end))
  }

  private func outcome(of end: HTTPEnd) -> Outcome {
    if remaining.isEmpty, receivedBytes > 0 { return .done }
    return switch end {
    case .failed(let error): .setback(.connection(error))
    case .complete, .stopped: broken(.endsEarly(missingBytes: Int64(remaining.count)))
    }
  }

  private func broken(_ fault: HubError.TransferFault) -> Outcome {
    .setback(.connection(.brokenTransfer(path: file.file.path.text, fault)))
  }
}
