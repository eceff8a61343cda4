/// Machines that serve one model together, by the names that ssh and the others reach them by.
package struct EngineNodes: Sendable, Equatable {
  /// The first one is the head, which answers.
  package let names: [String]

  package var head: String { names[0] }

  /// Reads `HEAD,WORKER…`; nil where these are not two different names at least.
  package init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.count > 1, Set(names).count == names.count,
      // A name that begins with a dash would be an option of ssh.
      names.allSatisfy({ $0.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.@:-]*/) != nil })
    else { return nil }
    self.names = names
  }

  /// A node's address for the other nodes: its name without the user whom ssh logs in.
  static func address(of name: String) -> String {
    name.split(separator: "@").last.map(String.init) ?? name
  }
}

/// Where an engine runs.
package enum EnginePlace: Sendable, Equatable {
  /// On this machine alone.
  case here
  /// On a node by its number, 0 for the head; the engine joins the nodes by itself.
  case node(Int, of: EngineNodes)
  /// On the nodes of a Ray cluster: one that is begun on these nodes, or one that is at an address.
  case ray(RayCluster)

  package enum RayCluster: Sendable, Equatable {
    case begun(on: EngineNodes)
    case at(String)
  }

  /// How many nodes there are, as far as that is known.
  var nodeCount: Int {
    switch self {
    case .here, .ray(.at): 1
    case .node(_, let nodes), .ray(.begun(let nodes)): nodes.names.count
    }
  }
}

/// A command, and the node that runs it.
package struct NodeCommand: Sendable, Equatable {
  package let node: String
  package let command: EngineCommand

  package init(node: String, command: EngineCommand) {
    self.node = node
    self.command = command
  }
}

extension Engine {
  /// What each node runs where the engine joins them by itself, the head first.
  ///
  /// - Throws: `EngineError` where the engine cannot do that, or not with the model.
  package func commands(
    for launch: EngineLaunch, on nodes: EngineNodes
  ) throws(EngineError) -> [NodeCommand] {
    var commands: [NodeCommand] = []
    for (number, name) in nodes.names.enumerated() {
      var launch = launch
      launch.place = .node(number, of: nodes)
      commands.append(NodeCommand(node: name, command: try command(for: launch)))
    }
    return commands
  }

  /// What the nodes run, in this order, where Ray joins them; the last one is the engine.
  ///
  /// - Throws: `EngineError` where the engine cannot do that, or not with the model.
  package func rayCommands(
    for launch: EngineLaunch, on nodes: EngineNodes
  ) throws(EngineError) -> [NodeCommand] {
    var launch = launch
    launch.place = .ray(.begun(on: nodes))
    let port = 6379  // Ray's own
    let starts = nodes.names.map { name in
      var command = EngineCommand(
        "ray", ["start"],
        options: name == nodes.head
          ? [EngineOption("head"), EngineOption("port", "\(port)")]
          : [EngineOption("address", "\(EngineNodes.address(of: nodes.head)):\(port)")],
        besides: [])
      command.environment["VLLM_HOST_IP"] = EngineNodes.address(of: name)
      return NodeCommand(node: name, command: command)
    }
    return try starts + [NodeCommand(node: nodes.head, command: command(for: launch))]
  }
}
