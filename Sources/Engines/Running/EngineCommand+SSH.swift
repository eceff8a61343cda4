/// Commands on other machines.
extension EngineCommand {
  /// Options under which ssh asks nothing, and notices within a minute that the other side is gone.
  static let sshOptions = [
    "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15",
    "-o", "ServerAliveCountMax=4",
  ]

  /// The command by ssh: it ends with the connection, and all that it started with it.
  ///
  /// - Parameters:
  ///   - node: the machine, as ssh knows it.
  ///   - isAsked: whether it is asked from here; its port is then reached through the connection.
  /// - Returns: the command of ssh.
  package func over(ssh node: String, isAsked: Bool) -> EngineCommand {
    // The connection has a terminal, whose end the shell hears of.
    let script = """
      end() { trap '' HUP INT TERM; kill -TERM 0; n=0; \
      while kill -0 $p 2>/dev/null && [ $n -lt 20 ]; do sleep 0.5; n=$((n+1)); done; kill -KILL 0; }
      trap end HUP INT TERM
      \(self) & p=$!; wait $p; s=$?; trap '' HUP INT TERM; kill -TERM 0; exit $s
      """
    var options = ["-tt"] + Self.sshOptions
    if isAsked, let port {
      options += ["-o", "ExitOnForwardFailure=yes", "-L", "127.0.0.1:\(port):127.0.0.1:\(port)"]
    }
    var command = self
    command.executable = "ssh"
    command.arguments = options + [node, "exec sh -c \(Self.quoted(script))"]
    command.environment = [:]
    return command
  }
}
