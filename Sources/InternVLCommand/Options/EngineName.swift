import ArgumentParser
import Engines

/// An engine's name in any case.
struct EngineName: ExpressibleByArgument {
  static let native = EngineName(name: "native", engine: nil)

  let name: String
  /// Nil for this program.
  let engine: (any Engine)?

  private init(name: String, engine: (any Engine)?) {
    self.name = name
    self.engine = engine
  }

  init?(argument: String) {
    if ["native", "internvl"].contains(argument.lowercased()) {
      self = .native
    } else if let engine = Engines.named(argument) {
      self.init(name: engine.name, engine: engine)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { name }
  static var allValueStrings: [String] { ["native"] + Engines.all.map(\.name) }
}

/// A number of GPUs; "auto", "None" and 0 leave it to the engine.
struct GPUCount: ExpressibleByArgument {
  let count: Int?

  init(count: Int?) { self.count = count }

  init?(argument: String) {
    if ["auto", "none", "0"].contains(argument.lowercased()) {
      self.init(count: nil)
    } else if let count = Int(argument) {
      self.init(count: count)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { count.map(String.init) ?? "auto" }
}

extension EngineOption: ExpressibleByArgument {}
extension EngineNodes: ExpressibleByArgument {}
