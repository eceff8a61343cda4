package import Engines
import Foundation
import Hub
package import OpenAIMessages
import Synchronization

/// Has servers carry out the rows of a batch file; their answers are the results as they are.
///
/// A server that cannot be reached or does not answer properly is asked no more, and its rows go to the
/// others.
package struct ForwardedBatch {
  private typealias Answer = (status: Int, body: [UInt8])

  private let servers: [ServedModel]
  private let width: Int
  private let onLost: (String, EndpointError) -> Void

  /// - Parameters:
  ///   - servers: at least one.
  ///   - width: rows that each of them carries out at the same time.
  ///   - onLost: hears of a server that is asked no more, by its address.
  package init(
    _ servers: [ServedModel], width: Int, onLost: @escaping (String, EndpointError) -> Void
  ) {
    precondition(!servers.isEmpty, "there is no server to ask")
    self.servers = servers
    self.width = width
    self.onLost = onLost
  }

  /// Carries out the rows that have no result yet, and adds their results to the file in the order in
  /// which they come.
  ///
  /// - Parameters:
  ///   - rows: the rows that are requests.
  ///   - results: the file of results.
  ///   - isCancelled: asked several times a second; what is not answered then has no result.
  /// - Returns: what came of it.
  /// - Throws: `FileError` where a result cannot be written; `EndpointError` where no server is left.
  package func run(
    _ rows: [BatchRow], into results: BatchResultFile, isCancelled: @escaping @Sendable () -> Bool
  ) throws -> BatchRun.Summary {
    var left = rows.filter { !results.ids.contains($0.id) }
    var summary = BatchRun.Summary(skipped: rows.count - left.count)
    var lost: Set<Int> = []
    var busy = servers.map { _ in 0 }
    left.reverse()
    let isOver = Flag()
    defer { isOver.raise() }
    let answers = ForwardedAnswers(threads: servers.count * width)
    while true {
      while !isCancelled(), let row = left.last,
        let server = servers.indices.filter({ !lost.contains($0) && busy[$0] < width })
          .min(by: { busy[$0] < busy[$1] })
      {
        left.removeLast()
        busy[server] += 1
        answers.begin(row, at: server) { [served = servers[server]] in
          try Self.answer(row, by: served, isCancelled: { isCancelled() || isOver.isRaised })
        }
      }
      guard busy.contains(where: { $0 > 0 }) else { return summary }
      let (row, server, end) = answers.next()
      busy[server] -= 1
      do {
        let answer = try end.get()
        try results.append(
          BatchResultLine.bytes(customID: row.id, status: answer.status, body: answer.body))
        if answer.status == 200 { summary.answered += 1 } else { summary.failed += 1 }
      } catch let error as EndpointError {
        if lost.insert(server).inserted {
          guard lost.count < servers.count else { throw error }
          onLost(servers[server].endpoint.address, error)
        }
        left.append(row)
      } catch HubError.cancelled {
      }
    }
  }

  /// A row's answer, or what is wrong with the row.
  private static func answer(
    _ row: BatchRow, by served: ServedModel, isCancelled: () -> Bool
  ) throws -> Answer {
    func refusal(_ status: Int, _ error: any Error, type: String) -> Answer {
      (status, WireJSON.bytes(ErrorReply(message: "\(error)", type: type)))
    }
    do {
      let (path, body) = try row.forwarded(to: served.name)
      return try served.endpoint.forward(body, to: path, isCancelled: isCancelled)
    } catch let fault as RequestFault {
      return refusal(400, fault, type: "invalid_request_error")
    } catch let error as EndpointError {
      switch error {
      case .refused(let status, _): return refusal(status, error, type: "invalid_request_error")
      case .failed(let status, _): return refusal(status, error, type: "server_error")
      default: throw error
      }
    }
  }
}

/// Answers that threads wait for.
private final class ForwardedAnswers: Sendable {
  typealias End = Result<(status: Int, body: [UInt8]), any Error>

  private let queue = OperationQueue()
  private let ends = Mutex<[(row: BatchRow, server: Int, end: End)]>([])
  private let news = DispatchSemaphore(value: 0)

  init(threads: Int) { queue.maxConcurrentOperationCount = threads }

  func begin(
    _ row: BatchRow, at server: Int,
    _ work: @escaping @Sendable () throws -> (status: Int, body: [UInt8])
  ) {
    queue.addOperation { [self] in
      let end = End { try work() }
      ends.withLock { $0.append((row, server, end)) }
      news.signal()
    }
  }

  /// The next one that has come; waits for it.
  func next() -> (row: BatchRow, server: Int, end: End) {
    news.wait()
    return ends.withLock { $0.removeFirst() }
  }
}

/// Something that happened.
private final class Flag: Sendable {
  private let value = Atomic(false)
  func raise() { value.store(true, ordering: .relaxed) }
  var isRaised: Bool { value.load(ordering: .relaxed) }
}
