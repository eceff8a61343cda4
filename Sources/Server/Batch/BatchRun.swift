import Files
import HTTPTypes
import InternVL
package import OpenAIMessages

/// Carries out the rows of a batch file, as a server would its requests, without a server.
package struct BatchRun: Sendable {
  /// What came of a run.
  package struct Summary: Sendable, Equatable {
    package var answered = 0
    /// Rows whose result is an error.
    package var failed = 0
    /// Rows that had a result before.
    package var skipped = 0

    package init(answered: Int = 0, failed: Int = 0, skipped: Int = 0) {
      self.answered = answered
      self.failed = failed
      self.skipped = skipped
    }
  }

  private let interface: Interface
  /// Rows that are carried out at the same time.
  private let width: Int

  /// Prepares a run with a model, which is not loaded yet.
  package init(_ settings: ServerSettings, offer: ModelOffer, width: Int) {
    // A row that finds no place would fail for good.
    let pool = ModelPool([offer], parallel: width, queue: width * Delivery.mostAnswers)
    interface = Interface(settings, pool: pool)
    self.width = width
  }

  /// Carries out the rows that have no result yet, and adds their results to the file in the order in
  /// which they come; the model is loaded where there is such a row.
  ///
  /// - Parameters:
  ///   - rows: the rows that are requests.
  ///   - results: the file of results.
  ///   - isCancelled: asked before each row; what runs then is finished.
  /// - Returns: what came of it.
  /// - Throws: `FileError` where a result cannot be written; why the model cannot be loaded.
  package func run(
    _ rows: [BatchRow], into results: BatchResultFile, isCancelled: @escaping @Sendable () -> Bool
  ) async throws -> Summary {
    let left = rows.filter { !results.ids.contains($0.id) }
    var summary = Summary(skipped: rows.count - left.count)
    guard !left.isEmpty else { return summary }
    try await interface.pool.loadFirst()
    try await withThrowingTaskGroup(of: (isAnswered: Bool, line: [UInt8]).self) { group in
      var next = left.makeIterator()
      func begin() {
        guard !isCancelled(), let row = next.next() else { return }
        group.addTask { await result(of: row) }
      }
      for _ in 0..<width { begin() }
      while let result = try await group.next() {
        try results.append(result.line)
        if result.isAnswered { summary.answered += 1 } else { summary.failed += 1 }
        begin()
      }
    }
    return summary
  }

  private func result(of row: BatchRow) async -> (isAnswered: Bool, line: [UInt8]) {
    func line(_ status: Int, _ body: some Encodable & Sendable) -> [UInt8] {
      WireJSON.bytes(BatchResult(customID: row.id, status: status, body: body))
    }
    var prompt = "messages"
    do throws(ServerError) {
      switch try await Blocking.read(row.request) {
      case .chat(let request):
        return (true, line(200, try await interface.reply(to: request, client: Client())))
      case .completion(let request):
        prompt = "prompt"
        return (true, line(200, try await interface.reply(to: request, client: Client())))
      }
    } catch {
      return (false, line(error.status.code, error.reply(prompt: prompt)))
    }
  }
}
