import Dispatch
import Foundation
import Synchronization

/// Handles Ctrl-C.
///
/// Outside of `cancellable` it ends the program at once. Inside, the first one only asks the work
/// to stop, and the second one ends the program.
enum Interrupts {
  /// The exit status of a program that Ctrl-C ended: 128 + SIGINT.
  static let exitStatus: Int32 = 130

  // A signal handler can reach nothing but globals; these are lock-free.
  private static let isCancellable = Atomic<Bool>(false)
  private static let isAsked = Atomic<Bool>(false)

  /// Installs the handler.
  ///
  /// It interrupts blocked reads and writes.
  static func install() {
    let handler: @convention(c) (Int32) -> Void = { _ in
      guard Interrupts.isCancellable.load(ordering: .relaxed),
        !Interrupts.isAsked.exchange(true, ordering: .relaxed)
      else { _exit(Interrupts.exitStatus) }
    }
    var action = sigaction()  // without SA_RESTART
    #if canImport(Glibc)
      action.__sigaction_handler.sa_handler = handler
    #else
      action.__sigaction_u.__sa_handler = handler
    #endif
    sigaction(SIGINT, &action, nil)
    unblock([SIGINT])
  }

  /// Lets signals in that a parent blocks which starts programs from a worker thread.
  private static func unblock(_ signals: [Int32]) {
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for signal in signals { sigaddset(&blocked, signal) }
    sigprocmask(SIG_UNBLOCK, &blocked, nil)
  }

  /// Runs work that looks at `isRequested` from time to time, or is a part of such work.
  static func cancellable<Result>(_ work: () throws -> Result) rethrows -> Result {
    if isCancellable.load(ordering: .relaxed) { return try work() }
    isAsked.store(false, ordering: .relaxed)
    isCancellable.store(true, ordering: .relaxed)
    defer { isCancellable.store(false, ordering: .relaxed) }
    return try work()
  }

  /// Runs work that cannot be stopped on a thread of its own, and waits for it; nil when Ctrl-C came
  /// first, and the work goes on with nobody to hear of its end.
  ///
  /// `afterHalfSecond` is called when the work takes that long.
  static func abandonable<Value: Sendable>(
    afterHalfSecond: () -> Void, _ work: @escaping @Sendable () -> Value
  ) -> Value? {
    let box = ResultBox<Value>()
    let end = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let value = work()
      box.result.withLock { $0 = value }
      end.signal()
    }
    return cancellable {
      var turns = 0
      while end.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
        if isRequested { return nil }
        turns += 1
        if turns == 10 { afterHalfSecond() }
      }
      return box.result.withLock(\.self)
    }
  }

  /// Whether Ctrl-C was pressed since `cancellable` began.
  static var isRequested: Bool { isAsked.load(ordering: .relaxed) }

  // MARK: - The terminal

  /// The terminal as it was before a line editor changed it; written once, before its readers.
  nonisolated(unsafe) private static var terminal: termios?

  /// Has the signals that end a program leave the terminal as it is now, and no crash report: Ctrl-\,
  /// a hang-up, `kill`.
  static func restoreTerminalAtEnd() {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
    terminal = settings
    let handler: @convention(c) (Int32) -> Void = { signal in
      if var settings = Interrupts.terminal { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
      _exit(128 + signal)
    }
    let signals = [SIGQUIT, SIGTERM, SIGHUP]
    for number in signals { signal(number, handler) }
    unblock(signals)
  }
}

/// Where a thread that may be left behind puts its result.
private final class ResultBox<Value: Sendable>: Sendable {
  let result = Mutex<Value?>(nil)
}
