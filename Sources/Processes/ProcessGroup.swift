import CProcesses
package import Foundation

/// A program that runs on beside this one, with the processes that it starts.
///
/// They are a process group of their own, so that Ctrl-C does not reach them, and end together: on
/// `stop`, and when this process ends, however that happens. A watcher sees to the latter: a shell that
/// waits for the end of a pipe which this process holds open.
package final class ProcessGroup {
  /// How a program ended.
  package enum End: Sendable, Equatable {
    case exited(status: Int32)
    case killed(signal: Int32)
  }

  /// The system's error number.
  package struct NotStarted: Error, Equatable { package let code: Int32 }

  /// Seconds from SIGTERM to SIGKILL.
  private let grace: Int
  private let leader: pid_t
  private let watcher: pid_t
  /// The end of the watcher's pipe that nobody writes to.
  private let lifeline: Int32
  private var end: End?
  private var isStopped = false

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - executable: its file.
  ///   - arguments: without its name.
  ///   - environment: all of its variables.
  ///   - log: the file for what it writes; what it held is lost.
  ///   - grace: seconds from SIGTERM to SIGKILL when it is to end.
  /// - Throws: `NotStarted`.
  package init(
    executable: URL, arguments: [String], environment: [String: String], log: URL,
    grace: Int = 10
  ) throws(NotStarted) {
    self.grace = grace
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw NotStarted(code: errno) }
    for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let output = open(
      log.path(percentEncoded: false), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { [ends[0], output, nothing].filter { $0 >= 0 }.forEach { close($0) } }
    do throws(NotStarted) {
      guard output >= 0, nothing >= 0 else { throw NotStarted(code: errno) }
      leader = try Self.spawn(
        executable.path(percentEncoded: false), arguments, environment,
        input: nothing, output: output)
    } catch {
      close(ends[1])
      throw error
    }
    let script = "read -r _; kill -TERM -$1; sleep \(grace); kill -KILL -$1"
    do throws(NotStarted) {
      watcher = try Self.spawn(
        "/bin/sh", ["-c", script, "sh", "\(leader)"], environment, input: ends[0], output: nothing)
    } catch {
      kill(-leader, SIGKILL)
      waitpid(leader, nil, 0)
      close(ends[1])
      throw error
    }
    lifeline = ends[1]
  }

  deinit { stop() }

  /// How the program that was started ended; nil while it runs.
  package func ended() -> End? {
    guard end == nil else { return end }
    var status: Int32 = 0
    guard waitpid(leader, &status, WNOHANG) == leader else { return nil }
    end =
      status & 0x7F == 0 ? .exited(status: (status >> 8) & 0xFF) : .killed(signal: status & 0x7F)
    return end
  }

  /// Ends all of its processes, and returns when none is left.
  ///
  /// They get SIGTERM, and after a while SIGKILL.
  package func stop() {
    guard !isStopped else { return }
    isStopped = true
    kill(-leader, SIGTERM)
    for turn in 0... {
      _ = ended()
      guard end == nil || hasMembers else { break }
      if turn == grace * 20 { kill(-leader, SIGKILL) }
      usleep(50_000)
    }
    kill(-watcher, SIGKILL)
    waitpid(watcher, nil, 0)
    close(lifeline)
  }

  /// Whether a process of the group runs; dead ones that nobody waits for, as in many containers, do not
  /// count.
  private var hasMembers: Bool {
    guard kill(-leader, 0) == 0 else { return false }
    guard let processes = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else {
      return true
    }
    return processes.contains { process in
      guard process.first?.isNumber == true,
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      else { return false }
      // Behind the name in brackets: state, parent, group.
      let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
      return fields.count > 2 && fields[2] == "\(leader)" && fields[0] != "Z" && fields[0] != "X"
    }
  }

  /// Starts a program as the leader of a new group, with this process's descriptors closed.
  private static func spawn(
    _ executable: String, _ arguments: [String], _ environment: [String: String],
    input: Int32, output: Int32
  ) throws(NotStarted) -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var usual = sigset_t()
    sigfillset(&usual)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO)
    // A pipe that another thread has just made would stay open as long as the program runs.
    let closing = cprocesses_close_from(&files, &attributes, STDERR_FILENO + 1)
    guard closing == 0 else { throw NotStarted(code: closing) }

    let words = ([executable] + arguments).map { strdup($0) }
    let variables = environment.map { strdup("\($0.key)=\($0.value)") }
    defer { (words + variables).forEach { free($0) } }
    var process: pid_t = 0
    let code = posix_spawn(
      &process, executable, &files, &attributes, words + [nil], variables + [nil])
    guard code == 0 else { throw NotStarted(code: code) }
    return process
  }
}

extension ProcessGroup.End: CustomStringConvertible {
  package var description: String {
    switch self {
    case .exited(let status): "with status \(status)"
    case .killed(let signal): "by signal \(signal)"
    }
  }
}
