import Files

/// How far a download is.
package struct DownloadProgress: Sendable, Equatable {
  package let doneBytes: Int64
  package let totalBytes: Int64
  package let doneFiles: Int
  package let totalFiles: Int
  /// What came in over the last seconds; nil before there is anything to measure.
  package let bytesPerSecond: Int64?

  /// At the present rate; nil when there is none.
  package var secondsLeft: Int64? {
    guard let rate = bytesPerSecond, rate > 0 else { return nil }
    return (totalBytes - doneBytes + rate - 1) / rate
  }
}

extension DownloadProgress: CustomStringConvertible {
  /// One line without its end: "1.20 of 1.88 GB (63%), 42.1 MB/s, 16 s left".
  package var description: String {
    let percent = totalBytes > 0 ? Int(Double(doneBytes) * 100 / Double(totalBytes)) : 100
    var line = "\(ByteCount(doneBytes)) of \(ByteCount(totalBytes)) (\(percent)%)"
    if doneBytes < totalBytes, let rate = bytesPerSecond {
      line += ", \(ByteCount(rate))/s"
      if let left = secondsLeft { line += ", \(Self.time(left)) left" }
    }
    return line
  }

  /// A time as people read it: "16 s", "3 min 20 s", "2 h 5 min".
  private static func time(_ seconds: Int64) -> String {
    switch seconds {
    case ..<60: "\(seconds) s"
    case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
    default: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
    }
  }
}

/// Adds up a download's bytes and measures its rate; what it reports never goes backwards.
struct ProgressMeter {
  private let totalBytes: Int64
  private let totalFiles: Int
  private var doneFiles: Int
  /// Bytes of files that are finished, or were there before.
  private var finishedBytes: Int64
  private var runningBytes: [RemotePath: Int64] = [:]
  private var reportedBytes: Int64 = 0
  /// Bytes at times over the last seconds, the oldest first.
  private var samples: [(time: ContinuousClock.Instant, bytes: Int64)] = []

  private static let interval = Duration.milliseconds(100)
  private static let memory = Duration.seconds(5)

  /// Starts with all files of a download, of which those in `present` need no transfer.
  init(all: [RemoteFile], present: [RemoteFile]) {
    totalBytes = all.reduce(0) { $0 + $1.size }
    totalFiles = all.count
    doneFiles = present.count
    finishedBytes = present.reduce(0) { $0 + $1.size }
  }

  /// A file's turn has come; what an earlier run left of it does not count into the rate.
  mutating func begin(_ file: RemoteFile, keptBytes: Int64) {
    runningBytes[file.path] = keptBytes
    for index in samples.indices { samples[index].bytes += keptBytes }
  }

  mutating func note(_ file: RemoteFile, bytes: Int64) { runningBytes[file.path] = bytes }

  mutating func finish(_ file: RemoteFile) {
    runningBytes[file.path] = nil
    finishedBytes += file.size
    doneFiles += 1
  }

  /// The state now; nil when the last one is still fresh.
  mutating func sample(
    at now: ContinuousClock.Instant = .now, isLast: Bool = false
  ) -> DownloadProgress? {
    if !isLast, let last = samples.last, last.time.duration(to: now) < Self.interval { return nil }
    let bytes = finishedBytes + runningBytes.values.reduce(0, +)
    samples.append((now, bytes))
    samples.removeAll { $0.time.duration(to: now) > Self.memory }
    reportedBytes = max(reportedBytes, min(bytes, totalBytes))
    let first = samples[0]
    let age = first.time.duration(to: now).seconds
    let rate = age > 0 ? Int64(Double(max(0, bytes - first.bytes)) / age) : nil
    return DownloadProgress(
      doneBytes: reportedBytes, totalBytes: totalBytes, doneFiles: doneFiles,
      totalFiles: totalFiles, bytesPerSecond: rate)
  }
}
