import ArgumentParser
import Files
import Foundation
import Hub

/// Whether a model may be downloaded that the user did not ask to download.
struct DownloadChoice: ParsableArguments {
  @Flag(help: "Downloads a model that is not on this machine without asking.")
  var yes = false

  /// Whether somebody is asked: not with --yes, nor where standard input or standard error is no terminal.
  var asks: Bool { !yes && isatty(STDIN_FILENO) == 1 && StandardError.isTerminal }

  /// Says what would be downloaded, and asks where somebody is there; Enter is a yes.
  func allows(_ plan: DownloadPlan) -> Bool {
    guard asks else { return true }
    let question = "Download \(plan.missing)? \(ByteCount(plan.freeBytes)) are free. [Y/n] "
    StandardError.write(TerminalText.cleaned(question))
    guard let answer = readLine() else {
      StandardError.say("")
      return false
    }
    return ["", "y", "yes"].contains(answer.lowercased())
  }
}
