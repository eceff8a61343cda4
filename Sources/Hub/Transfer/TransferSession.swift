/// Brings the bytes of several files from one hub: a few connections at a time, on one thread.
final class TransferSession {
  private let client: HTTPClient
  private let hub: any HubProtocol
  private let listing: Listing
  private let settings: TransportSettings
  private let cancellation: Cancellation
  private let listener: HubListener
  private var files: [FileTransfer] = []
  private var progress: ProgressMeter
  private var failure: HubError?

  /// `progress` knows all files of the download, those that are there included.
  init(
    client: HTTPClient, hub: any HubProtocol, listing: Listing, settings: TransportSettings,
    progress: ProgressMeter, cancellation: Cancellation, listener: @escaping HubListener
  ) {
    (self.client, self.hub, self.listing, self.settings) = (client, hub, listing, settings)
    (self.progress, self.cancellation, self.listener) = (progress, cancellation, listener)
  }

  /// Transfers, verifies and publishes files; returns when all of them have their final names.
  ///
  /// `open` makes the partial file of a remote one when its turn comes; `published` is called for
  /// each file that got its final name.
  func run(
    _ remote: [RemoteFile], open: (RemoteFile) throws(HubError) -> PartialFile,
    published: (RemoteFile) throws(HubError) -> Void
  ) throws(HubError) {
    var waiting = remote[...]
    defer { stop() }
    while !waiting.isEmpty || !files.isEmpty {
      try cancellation.check()
      while files.count < settings.connections, let next = waiting.popFirst() {
        let partial = try open(next)
        progress.begin(next, keptBytes: partial.received.count)
        files.append(FileTransfer(next, partial: partial, timing: settings.timing))
      }
      try collectVerdicts(published)
      startSegments()
      if let failure { throw failure }
      client.step(upTo: .milliseconds(files.contains { !$0.segments.isEmpty } ? 50 : 5))
      if let failure { throw failure }
      report()
    }
    report(isLast: true)
  }

  /// Ends what is still running and notes what arrived.
  private func stop() {
    for file in files {
      cancelSegments(of: file)
      file.partial.flush()
    }
    files = []
  }

  private func cancelSegments(of file: FileTransfer) {
    for segment in file.segments {
      segment.exchange.map(client.cancel)
      segment.exchange = nil
      file.remove(segment)
    }
  }

  private func collectVerdicts(
    _ published: (RemoteFile) throws(HubError) -> Void
  ) throws(HubError) {
    for (index, file) in files.enumerated().reversed() {
      switch file.takeVerdict() {
      case nil: continue
      case .failed(let error): throw error
      case .wrongHash(let found):
        listener(.damaged(path: file.file.path.text))
        cancelSegments(of: file)
        files[index] = try file.startOver(found: found)
      case .published:
        cancelSegments(of: file)
        files.remove(at: index)
        progress.finish(file.file)
        try published(file.file)
      }
    }
  }

  /// Hands free connections to the files, one each in turn, so that small files are not kept
  /// waiting by large ones and a last large one gets all of them.
  private func startSegments() {
    var free = settings.connections - files.reduce(0) { $0 + $1.segments.count }
    var share = 1
    while free > 0, share <= settings.connections, failure == nil {
      for file in files where free > 0 && file.segments.count < share {
        guard let range = file.nextRange(maximumSegments: share) else { continue }
        start(range, of: file)
        free -= 1
      }
      share += 1
    }
  }

  private func start(_ range: Range<Int64>, of file: FileTransfer) {
    do throws(HubError) {
      let origin = try hub.address(of: file.file.path, in: listing)
      let address = file.storage ?? origin
      try start(range, of: file, at: address, hops: 0, leftHub: address.origin != origin.origin)
    } catch {
      failure = error
    }
  }

  private func start(
    _ range: Range<Int64>, of file: FileTransfer, at address: WebAddress, hops: Int, leftHub: Bool
  ) throws(HubError) {
    let (hub, listing) = (hub, listing)
    let segment = Segment(
      range, of: file, at: address, hops: hops, leftHub: leftHub,
      check: { head throws(HubError) in
        // In the object store the headers are those of the store and mean nothing.
        if !leftHub { try hub.check(head, for: file.file, in: listing) }
      },
      ended: { [unowned self] segment, outcome in self.end(segment, outcome) })
    let headers = leftHub ? [] : hub.headers(for: address)
    segment.exchange = try client.start(segment.request(headers: headers), receiver: segment)
    file.add(segment)
  }

  private func end(_ segment: Segment, _ outcome: Segment.Outcome) {
    let file = segment.file
    file.remove(segment)
    segment.exchange = nil
    do throws(HubError) {
      switch outcome {
      case .done: break
      case .failed(let error): throw error
      case .refused(let head): throw failure(head, of: segment)
      case .redirect(let next, let head): try follow(next, head: head, from: segment)
      case .setback(let setback): try rest(file, after: setback)
      case .rangeFault(let fault):
        file.noteRangeFault()
        try rest(file, after: broken(file, fault))
      case .expired(let status):
        file.storage = nil
        try rest(file, after: broken(file, .storeRefuses(status: status)))
      }
    } catch {
      failure = failure ?? error
    }
  }

  private func follow(
    _ next: WebAddress, head: HTTPHead, from segment: Segment
  ) throws(HubError) {
    guard segment.hops < Redirect.limit else {
      throw .tooManyRedirects(
        address: try hub.address(of: segment.file.file.path, in: listing).withoutQuery)
    }
    let leaves = next.origin != hub.site.endpoint.origin
    if leaves, !segment.leftHub { try hub.check(head, for: segment.file.file, in: listing) }
    if leaves { segment.file.storage = next }
    try start(
      segment.remaining, of: segment.file, at: next, hops: segment.hops + 1,
      leftHub: segment.leftHub || leaves)
  }

  private func rest(_ file: FileTransfer, after setback: Setback) throws(HubError) {
    let (hub, listing) = (hub, listing)
    let wait = try file.rest(after: setback) { head in
      hub.failure(
        head, body: [], at: hub.site.endpoint, repository: listing.repository,
        revision: listing.revision)
    }
    guard let wait else { return }
    listener(
      .waiting(
        host: hub.site.endpoint.origin.host, setback.pause, seconds: wait.seconds))
  }

  private func failure(_ head: HTTPHead, of segment: Segment) -> HubError {
    let error = hub.failure(
      head, body: [], at: segment.address, repository: listing.repository,
      revision: listing.revision)
    guard case .fileMissing(let repository, _) = error else { return error }
    return .fileMissing(repository: repository, path: segment.file.file.path.text)
  }

  private func broken(_ file: FileTransfer, _ fault: HubError.TransferFault) -> Setback {
    .connection(.brokenTransfer(path: file.file.path.text, fault))
  }

  private func report(isLast: Bool = false) {
    for file in files { progress.note(file.file, bytes: file.partial.received.count) }
    if let now = progress.sample(isLast: isLast) { listener(.progress(now)) }
  }
}
