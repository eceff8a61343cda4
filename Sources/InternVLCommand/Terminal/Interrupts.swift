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
    var blocked = sigset_t()  // by a parent that starts programs from a worker thread
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGINT)
    sigprocmask(SIG_UNBLOCK, &blocked, nil)
  }

  /// Runs work that looks at `isRequested` from time to time.
  static func cancellable<Result>(_ work: () throws -> Result) rethrows -> Result {
    isAsked.store(false, ordering: .relaxed)
    isCancellable.store(true, ordering: .relaxed)
    defer { isCancellable.store(false, ordering: .relaxed) }
    return try work()
  }

  /// Whether Ctrl-C was pressed since `cancellable` began.
  static var isRequested: Bool { isAsked.load(ordering: .relaxed) }
}
