import Captioning
import Foundation

/// Says on standard error how far captioning is, and at the end what came out.
final class CaptionProgress {
  private static let interval = Duration.milliseconds(200)

  private let isQuiet: Bool
  private let total: Int?
  private let line: ProgressLine
  private let started = ContinuousClock.now
  private var shown = ContinuousClock.now

  /// - Parameters:
  ///   - total: how many pictures there are, where that is known.
  ///   - isQuiet: whether nothing is said.
  ///   - printsRows: whether rows go to standard output, where a changing line would be in their way.
  init(total: Int?, isQuiet: Bool, printsRows: Bool) {
    self.total = total
    self.isQuiet = isQuiet
    line = ProgressLine(
      isShown: !isQuiet && !(printsRows && isatty(STDOUT_FILENO) == 1),
      plainInterval: .seconds(30))
  }

  func update(_ summary: CaptionRun.Summary) {
    guard ContinuousClock.now - shown > Self.interval else { return }
    shown = .now
    line.show(sentence(summary))
  }

  /// Says a sentence between the lines.
  func say(_ sentence: String) {
    if !isQuiet { line.say(sentence) }
  }

  /// "12 of 226 done, 34.5 pictures a minute, 6 min left, 2 failed".
  private func sentence(_ summary: CaptionRun.Summary) -> String {
    var parts = ["\(summary.done)\(total.map { " of \($0)" } ?? "") done"]
    let worked = summary.captioned + summary.failed
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    if worked > 0, seconds > 0 {
      parts.append(Units.picturesAMinute(worked, seconds: seconds))
      if let total, total > summary.done {
        parts.append("\(Units.time(Double(total - summary.done) / Double(worked) * seconds)) left")
      }
    }
    if summary.failed > 0 { parts.append("\(summary.failed) failed") }
    return parts.joined(separator: ", ")
  }

  /// Says what happened, how fast, and where to look.
  func finish(_ summary: CaptionRun.Summary, places: [String]) {
    line.finish()
    guard !isQuiet else { return }
    var parts = [
      "\(summary.captioned) captioned, \(summary.skipped) skipped, \(summary.failed) failed"
    ]
    if summary.cut > 0 { parts.append("\(summary.cut) cut off (raise --max-tokens)") }
    if summary.looped > 0 {
      parts.append("\(summary.looped) in circles (try --repetition-penalty 1.1)")
    }
    if summary.kept > 0 {
      parts.append("\(Units.count(summary.kept, "text file")) of others left alone (--existing)")
    }
    if summary.wasCancelled { parts.append("interrupted; the same command goes on from here") }
    StandardError.say(parts.joined(separator: "; "))
    let worked = summary.captioned + summary.failed
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    var last = places
    if worked > 0 {
      // What cannot be captioned takes hardly any time.
      let speed = Units.picturesAMinute(worked, seconds: seconds)
      last.insert(Units.time(seconds) + (summary.captioned > 0 ? ", \(speed)" : ""), at: 0)
    }
    if !last.isEmpty { StandardError.say(last.joined(separator: "; ")) }
  }
}

extension Units {
  /// "34.5 pictures a minute".
  static func picturesAMinute(_ count: Int, seconds: Double) -> String {
    let rate = 60 * Double(count) / max(seconds, 0.001)
    return String(format: rate < 100 ? "%.1f pictures a minute" : "%.0f pictures a minute", rate)
  }

  /// "45 s", "12 min", "3 h 20 min", "2 days 4 h".
  static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "a long time" }
    let seconds = Int(seconds.rounded(.up))
    if seconds < 120 { return "\(seconds) s" }
    let minutes = (seconds + 30) / 60
    if minutes < 120 { return "\(minutes) min" }
    if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) min" }
    return "\(minutes / (24 * 60)) days \(minutes / 60 % 24) h"
  }
}
