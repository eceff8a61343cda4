import Foundation
import Hub

/// A download's progress on standard error: one line that changes on a terminal, else, and with
/// `TERM=dumb`, a plain line every few seconds.
final class ProgressLine {
  private static let plainInterval = Duration.seconds(5)

  private let isShown: Bool
  private let isErasable = StandardError.hasErasableLines
  private var lastPlain = ContinuousClock.now
  private var isLineOpen = false

  /// Without `isShown` it only tells of waits and damage.
  init(isShown: Bool) { self.isShown = isShown }

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

  private func show(_ text: String) {
    guard isShown else { return }
    if isErasable {
      StandardError.write("\r\u{1B}[K\(text)")
      isLineOpen = true
    } else if ContinuousClock.now - lastPlain > Self.plainInterval {
      lastPlain = .now
      StandardError.say("internvl: \(text)")
    }
  }

  private func say(_ sentence: String) {
    finish()
    StandardError.say("internvl: \(sentence)")
  }
}
