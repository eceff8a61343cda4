package import Engines
import Foundation
package import Imaging
import InternVL
import Synchronization

/// Asks servers about several pictures at the same time.
///
/// A server that cannot be reached or does not answer properly is asked no more, and its pictures go to the
/// others.
package final class EndpointCaptioner: PictureCaptioner {
  /// A picture that has begun.
  private struct Job {
    let request: PictureRequest
    let server: Int
    let finished: (PictureResult) -> Void
  }

  private let servers: [ServedModel]
  private let parallel: Int
  private let asking: EndpointAsking
  private let onLost: (String, EndpointError) -> Void
  private var jobs: [Int: Job] = [:]
  private var begun = 0
  /// Servers that are asked no more.
  private var lost: Set<Int> = []

  /// - Parameters:
  ///   - servers: at least one.
  ///   - parallel: pictures to ask each of them about at the same time.
  ///   - question: what is asked about each picture.
  ///   - orientation: whether photos are turned upright.
  ///   - describe: the sentence for a picture that could not be captioned.
  ///   - onLost: hears of a server that is asked no more, by its address.
  package init(
    _ servers: [ServedModel], parallel: Int, question: CaptionQuestion, orientation: Orientation,
    describe: @escaping @Sendable (any Error) -> String,
    onLost: @escaping (String, EndpointError) -> Void
  ) {
    precondition(!servers.isEmpty, "there is no server to ask")
    self.servers = servers
    self.parallel = parallel
    self.onLost = onLost
    asking = EndpointAsking(
      threads: parallel * servers.count, question: question, orientation: orientation,
      describe: describe)
  }

  package var hasRoom: Bool { jobs.count < parallel * (servers.count - lost.count) }

  package func begin(_ picture: PictureRequest, finished: @escaping (PictureResult) -> Void) {
    begun += 1
    let busy = Dictionary(grouping: jobs.values, by: \.server).mapValues(\.count)
    let left = servers.indices.filter { !lost.contains($0) }
    guard let server = left.min(by: { busy[$0] ?? 0 < busy[$1] ?? 0 }) else { return }
    jobs[begun] = Job(request: picture, server: server, finished: finished)
    asking.begin(picture, at: servers[server], number: begun)
  }

  package func work() throws {
    asking.wait(seconds: 0.05)
    for (number, end) in asking.take() {
      guard let job = jobs.removeValue(forKey: number) else { continue }
      switch end {
      case .success(let result): job.finished(result)
      case .failure(.server(let error)):
        if lost.insert(job.server).inserted {
          guard lost.count < servers.count else { throw error }
          onLost(servers[job.server].endpoint.address, error)
        }
        begin(job.request, finished: job.finished)
      case .failure(.program(let error)): throw error
      }
    }
  }

  package func cancel() {
    jobs = [:]
    asking.cancel()
  }
}

/// Reads pictures and asks about them, on threads.
private final class EndpointAsking: Sendable {
  /// What is not about one picture.
  enum Fault: Error {
    /// The server is not to be asked any more.
    case server(EndpointError)
    case program(any Error)
  }

  typealias End = Result<PictureResult, Fault>

  private let question: CaptionQuestion
  private let orientation: Orientation
  private let describe: @Sendable (any Error) -> String
  private let queue = OperationQueue()
  private let ends = Mutex<[(number: Int, end: End)]>([])
  private let news = DispatchSemaphore(value: 0)
  private let isCancelled = Atomic(false)

  init(
    threads: Int, question: CaptionQuestion, orientation: Orientation,
    describe: @escaping @Sendable (any Error) -> String
  ) {
    self.question = question
    self.orientation = orientation
    self.describe = describe
    queue.maxConcurrentOperationCount = threads
  }

  func begin(_ request: PictureRequest, at server: ServedModel, number: Int) {
    queue.addOperation { [self] in
      let end = answer(request, server)
      ends.withLock { $0.append((number, end)) }
      news.signal()
    }
  }

  func wait(seconds: Double) { _ = news.wait(timeout: .now() + seconds) }

  func take() -> [(number: Int, end: End)] {
    ends.withLock { ends in
      defer { ends = [] }
      return ends
    }
  }

  /// Ends answers that are on their way.
  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    queue.cancelAllOperations()
  }

  private func answer(_ request: PictureRequest, _ server: ServedModel) -> End {
    let start = ContinuousClock.now
    let picture = ReadPicture(request, orientation: orientation, cut: { $0 })
    guard let image = picture.image else {
      let isKnown = request.knownHash != nil && picture.sha256 == request.knownHash
      return .success(
        picture.result(isKnown ? nil : .failed("'\(request.item.path)' cannot be read")))
    }
    do {
      let image = try image.get()
      let file = try EncodedPicture(image)
      let replies = try question.conversations(about: image, picture, request).map {
        try server.endpoint.answer(
          EndpointQuestion(
            model: server.name, messages: $0.messages, pictures: [file],
            options: question.options),
          isCancelled: { self.isCancelled.load(ordering: .relaxed) })
      }
      let answers = replies.map {
        CaptionQuestion.GivenAnswer(
          text: $0.text.trimmingCharacters(in: .whitespacesAndNewlines),
          tokens: $0.usage?.answer ?? 0, isCut: $0.finishReason == "length")
      }
      return .success(
        picture.result(.caption(question.caption(answers, seconds: start.elapsed))))
    } catch let error as EndpointError where error.isAboutServer {
      return .failure(.server(error))
    } catch {
      if case InternVLError.image(ImagingError.libraryUnusable) = error {
        return .failure(.program(error))
      }
      return .success(picture.result(.failed(describe(error))))
    }
  }
}

extension EndpointError {
  /// Whether the next picture would fare no better.
  fileprivate var isAboutServer: Bool {
    switch self {
    case .badAddress, .unreachable, .silent, .notTheInterface, .unauthorized, .cut, .brokenStream,
      .otherModel, .noModel, .chooseModel:
      true
    case .refused, .failed, .failedInAnswer: false
    }
  }
}
