import Engines
import Registry

extension EngineChoice {
  /// The model at each of the servers that are named.
  ///
  /// - Throws: `EndpointError`, and `CommandError.differentModels` where they have different ones.
  func servers(_ choice: ModelChoice, in registry: Registry) throws -> [ServedModel] {
    let servers = try endpoints.map { address in
      let endpoint = try Environment.endpoint(address)
      return ServedModel(
        endpoint: endpoint, name: try endpoint.model(named: choice, argument: nil, in: registry))
    }
    let first = servers[0].shortName
    if let other = servers.first(where: { $0.shortName.lowercased() != first.lowercased() }) {
      throw CommandError.differentModels(first, other.shortName)
    }
    return servers
  }

  /// Says that GPUs are not used where this program answers.
  func tellUnusedGPUs() {
    if !isOther, gpus.count != nil {
      StandardError.say("internvl: no GPU is used: the native engine runs on the CPU")
    }
  }
}
