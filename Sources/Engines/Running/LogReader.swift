import Foundation

/// What an engine is doing before it is ready.
package enum EnginePhase: Sendable {
  case starting, downloading, loadingWeights, compiling, almostReady

  /// What engines write when a phase begins.
  fileprivate static let marks: [(text: String, phase: EnginePhase)] = [
    ("Fetching ", .downloading), ("Downloading", .downloading),
    ("Starting to load model", .loadingWeights), ("Loading weights", .loadingWeights),
    ("checkpoint shards", .loadingWeights), ("Convert to turbomind", .loadingWeights),
    ("torch.compile", .compiling), ("Capturing CUDA graph", .compiling),
    ("Capturing cudagraph", .compiling),
    ("Application startup complete", .almostReady), ("Uvicorn running", .almostReady),
  ]
}

extension EnginePhase: CustomStringConvertible {
  package var description: String {
    switch self {
    case .starting: "is starting"
    case .downloading: "downloads the model"
    case .loadingWeights: "loads the weights"
    case .compiling: "compiles kernels"
    case .almostReady: "listens, and is asked a first question"
    }
  }
}

/// Why an engine ended, as far as what it wrote tells.
package enum EngineDeathCause: Sendable, Equatable {
  case noGPU, outOfMemory, portTaken, otherVersion, missingPackage
  /// By SIGKILL, which it does not send to itself.
  case killed

  /// What engines write then, the surest first.
  fileprivate static let marks: [(text: String, cause: EngineDeathCause)] = [
    ("address already in use", .portTaken),
    ("out of memory", .outOfMemory), ("No available memory for the cache blocks", .outOfMemory),
    ("larger than the maximum number of tokens that can be stored in KV cache", .outOfMemory),
    ("less than desired GPU memory utilization", .outOfMemory),
    ("Torch not compiled with CUDA enabled", .noGPU), ("Failed to infer device type", .noGPU),
    ("No CUDA GPUs are available", .noGPU), ("Found no NVIDIA driver", .noGPU),
    ("unrecognized arguments", .otherVersion), ("No such option", .otherVersion),
    ("invalid choice", .otherVersion), ("are not supported for now", .otherVersion),
    ("No module named", .missingPackage),
  ]
}

/// Follows an engine's log file.
struct LogReader {
  /// Lines that are kept for messages, and the longest of them.
  private static let keptLines = 12
  private static let longestLine = 400

  private(set) var phase = EnginePhase.starting
  private(set) var cause: EngineDeathCause?
  private(set) var lastLines: [String] = []
  private let handle: FileHandle?
  private var unfinished = ""

  init(_ file: URL) { handle = try? FileHandle(forReadingFrom: file) }

  /// Reads what was written since the last time.
  mutating func read() {
    while let data = try? handle?.read(upToCount: 1 << 16), !data.isEmpty {
      let text = unfinished + String(decoding: data, as: UTF8.self)
      // Progress bars end their lines with a carriage return.
      var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      unfinished = String((lines.popLast() ?? "").suffix(Self.longestLine))
      lines.forEach { take($0) }
    }
  }

  private mutating func take(_ line: Substring) {
    let line = String(line.prefix(Self.longestLine))
    guard !line.allSatisfy(\.isWhitespace) else { return }
    if let mark = EnginePhase.marks.first(where: { line.contains($0.text) }) { phase = mark.phase }
    if let mark = EngineDeathCause.marks.first(where: {
      line.range(of: $0.text, options: .caseInsensitive) != nil
    }) {
      cause = cause ?? mark.cause
    }
    lastLines = (lastLines + [line]).suffix(Self.keptLines)
  }
}
