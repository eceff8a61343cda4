import Foundation
import Hub

/// Progress on standard error: one line that changes on a terminal, else, and with `TERM=dumb`, a plain
/// line from time to time.
final class ProgressLine {
  private let isShown: Bool
  private let plainInterval: Duration
  private let isErasable = StandardError.hasErasableLines
  private var lastPlain = ContinuousClock.now
  private var isLineOpen = false

  /// Without `isShown` it only says what is said.
  init(isShown: Bool, plainInterval: Duration = .seconds(5)) {
    self.isShown = isShown
    self.plainInterval = plainInterval
  }

  /// Shows how far a download is.
  func show(_ event: HubEvent) {
    switch event {
    case .progress(let progress): show("\(progress)")
    case .waiting(let host, let pause, let seconds):
      say("waiting \(Int(seconds.rounded(.up))) s for \(host): \(pause)")
    case .waitingForOtherProcess(let repository):
      say("another process downloads \(repository); waiting for it")
    case .checking(let path): show("checking \(path)")
    case .damaged(let path): say("\(path) is damaged; downloading it again")
    }
  }

  /// Ends the changing line.
  func finish() {
    if isLineOpen { StandardError.write("\n") }
    isLineOpen = false
  }

  /// Shows how far the work is.
  func show(_ text: String) {
    guard isShown else { return }
    if isErasable {
      StandardError.rewriteLine(text)
      isLineOpen = true
    } else if ContinuousClock.now - lastPlain > plainInterval {
      lastPlain = .now
      StandardError.say("internvl: \(text)")
    }
  }

  /// Says a sentence on a line of its own.
  func say(_ sentence: String) {
    finish()
    StandardError.say("internvl: \(sentence)")
  }
}
