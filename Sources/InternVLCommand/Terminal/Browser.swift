import Foundation

/// The user's browser.
enum Browser {
  /// Opens an address, and returns at once.
  ///
  /// - Parameters:
  ///   - address: of the page.
  ///   - command: of the browser, with its options.
  ///   - onEnd: told whether it was opened, on any thread; some browsers end only when the user closes them.
  static func open(
    _ address: String, with command: String, onEnd: @escaping @Sendable (_ isOpened: Bool) -> Void
  ) {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", "\(command) \"$1\"", "sh", address]
    shell.standardInput = FileHandle.nullDevice
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    shell.terminationHandler = { onEnd($0.terminationStatus == 0) }
    do { try shell.run() } catch { onEnd(false) }
  }
}
