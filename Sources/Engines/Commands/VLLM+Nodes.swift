/// vLLM on several machines.
extension VLLM {
  /// Its own default, for the nodes to meet at.
  private static let meetingPort = 29_501

  /// The options that say where it runs.
  func options(at place: EnginePlace) -> [EngineOption] {
    switch place {
    case .here: []
    case .ray: [EngineOption("distributed-executor-backend", "ray")]
    case .node(let number, let nodes):
      [
        EngineOption("nnodes", "\(nodes.names.count)"), EngineOption("node-rank", "\(number)"),
        EngineOption("master-addr", EngineNodes.address(of: nodes.head)),
        EngineOption("master-port", "\(Self.meetingPort)"),
      ] + (number > 0 ? [EngineOption("headless")] : [])
    }
  }

  /// The variables that it needs there.
  func environment(at place: EnginePlace) -> [String: String] {
    switch place {
    case .here: [:]
    case .ray(.at(let address)): ["RAY_ADDRESS": address]
    case .ray(.begun(let nodes)): ["VLLM_HOST_IP": EngineNodes.address(of: nodes.head)]
    case .node(let number, let nodes):
      ["VLLM_HOST_IP": EngineNodes.address(of: nodes.names[number])]
    }
  }
}
