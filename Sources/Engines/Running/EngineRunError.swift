package import Foundation
package import Processes

/// Why an engine that was started does not answer.
package enum EngineRunError: Error {
  case notInstalled(engine: String)
  case notStarted(engine: String, reason: String)
  /// Another program listens on the port that it was to have.
  case portTaken(engine: String, port: Int)
  /// It ended by itself; `lines` are the last ones that it wrote.
  case died(
    engine: String, ProcessGroup.End, cause: EngineDeathCause?, lines: [String], log: URL)
  /// It was not ready in time.
  case late(engine: String, seconds: Int, lines: [String], log: URL)
  /// It said that it was ready, and failed at the first question.
  case failedFirstRequest(
    engine: String, EndpointError, cause: EngineDeathCause?, lines: [String], log: URL)
}

extension EngineRunError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notInstalled(let engine): "\(engine) is not installed"
    case .notStarted(let engine, let reason): "\(engine) does not start: \(reason)"
    case .portTaken(let engine, let port):
      "\(engine) cannot have port \(port), which is taken by another program"
    case .died(let engine, let end, let cause, _, let log):
      "\(engine) ended \(end)" + Self.reason(cause) + Self.place(log)
    case .late(let engine, let seconds, _, let log):
      "\(engine) was not ready after \(seconds) s" + Self.place(log)
    case .failedFirstRequest(let engine, let error, let cause, _, let log):
      "\(engine) failed at the first question: \(error)" + Self.reason(cause) + Self.place(log)
    }
  }

  /// The engine's name.
  package var engine: String {
    switch self {
    case .notInstalled(let engine), .notStarted(let engine, _), .portTaken(let engine, _),
      .died(let engine, _, _, _, _), .late(let engine, _, _, _),
      .failedFirstRequest(let engine, _, _, _, _):
      engine
    }
  }

  /// The last lines that the engine wrote.
  package var lines: [String] {
    switch self {
    case .notInstalled, .notStarted, .portTaken: []
    case .died(_, _, _, let lines, _), .late(_, _, let lines, _),
      .failedFirstRequest(_, _, _, let lines, _):
      lines
    }
  }

  /// Why it ended, where that is known.
  package var cause: EngineDeathCause? {
    switch self {
    case .portTaken: .portTaken
    case .notInstalled, .notStarted, .late: nil
    case .died(_, _, let cause, _, _), .failedFirstRequest(_, _, let cause, _, _): cause
    }
  }

  private static func reason(_ cause: EngineDeathCause?) -> String {
    cause.map { ", because \($0)" } ?? ""
  }

  private static func place(_ log: URL) -> String {
    "; its log is '\(log.path(percentEncoded: false))'"
  }
}

extension EngineDeathCause: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noGPU: "it finds no GPU"
    case .outOfMemory: "the GPU's memory is too small"
    case .portTaken: "the port is taken"
    case .otherVersion: "it does not know what this program asks of it; its version may be too old"
    case .missingPackage: "a Python package is missing"
    case .killed: "it was killed, as the system does when memory runs out"
    }
  }
}
