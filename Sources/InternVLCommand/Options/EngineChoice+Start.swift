import Engines

extension EngineChoice {
  /// Starts an engine on a free port, on this machine or on several nodes.
  ///
  /// - Throws: `EngineRunError`, `EngineError`, `NodeError`, `CommandError.interrupted`.
  func start(
    _ engine: any Engine, serving model: EngineModel, contextLength: Int, pictures: Int = 0
  ) throws -> StartedEngine {
    let launch = launch(
      of: engine, serving: model, contextLength: contextLength, port: FreePort.find(),
      pictures: pictures)
    guard let nodes else {
      return try StartedEngine(engine.command(for: launch), engine: engine)
    }
    var commands = try engine.commands(for: launch, on: nodes)
    try compare(nodes, engine, model)
    let head = commands.removeFirst()
    return try StartedEngine(
      ThisMachine.has(head.node) ? head.command : head.command.over(ssh: head.node, isAsked: true),
      workers: commands.map {
        NodeCommand(node: $0.node, command: $0.command.over(ssh: $0.node, isAsked: false))
      }, engine: engine)
  }

  /// Checks that all nodes have the same engine and model.
  private func compare(_ nodes: EngineNodes, _ engine: any Engine, _ model: EngineModel) throws {
    let status = StatusLine()
    defer { status.clear() }
    try NodeCheck(engine, serving: model, searchPath: Environment.searchPath)
      .compare(nodes) { status.show("asking \($0) for its version of \(engine.name)") }
  }

  /// The lines that start an engine, and what the user should know about them.
  func lines(
    starting engine: any Engine, serving model: EngineModel, contextLength: Int
  ) throws -> (text: String, notes: [EngineNote]) {
    let launch = launch(of: engine, serving: model, contextLength: contextLength)
    guard let nodes else {
      let command = try engine.command(for: launch)
      return ("\(command)\n", command.notes)
    }
    let own = try engine.commands(for: launch, on: nodes)
    let ray = try engine.rayCommands(for: launch, on: nodes)
    func text(_ commands: [NodeCommand]) -> String {
      commands.map { "# on \($0.node):\n\($0.command)\n" }.joined()
    }
    return (
      "# \(engine.name) joins the nodes by itself:\n\(text(own))\n# Or Ray joins them:\n\(text(ray))",
      own[0].command.notes
    )
  }
}
