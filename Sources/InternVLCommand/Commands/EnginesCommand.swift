import ArgumentParser
import Engines
import Foundation
import Registry

/// `internvl engines`: which programs can serve which models, and which are installed.
struct EnginesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines",
    abstract: "Lists the engines, which of them are installed, and what each can serve.",
    discussion: """
      The numbers beside a model are those of the GPUs that it can run on; native needs none.
      """)

  @OptionGroup var registry: RegistryOptions

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let list = EngineList(try registry.load(), finder: Environment.engines)
    try StandardOutput.write(json ? JSONText.line(list) : list.table)
  }
}

/// The rows of `engines`, as JSON.
struct EngineList: Encodable {
  let engines: [Row]

  struct Row: Encodable {
    let name: String
    let path: String?
    let version: String?
    let install: String
    /// By the models' names; those that it cannot serve are left out.
    let gpus: [String: [Int]]
  }

  private let models: [String]

  enum CodingKeys: String, CodingKey { case engines }

  init(_ registry: Registry, finder: EngineFinder) {
    let specs = registry.families.first?.specs ?? []
    models = specs.map(\.name)
    engines = Engines.all.map { engine in
      let installation = finder.tell(engine)
      return Row(
        name: engine.name, path: installation?.path, version: installation?.version?.description,
        install: "pip install \(engine.packages)",
        gpus: Dictionary(
          specs.map { ($0.name, engine.gpuCounts(for: $0)) }, uniquingKeysWith: { $1 }
        ).filter { !$0.value.isEmpty })
    }
  }

  /// The rows for people.
  var table: String {
    var programs = Table([("ENGINE", .left), ("VERSION", .left), ("PROGRAM", .left)])
    programs.append(["native", InternVLCommand.release, "this program"])
    for row in engines {
      programs.append([
        row.name, row.path == nil ? "-" : row.version ?? "unknown",
        row.path ?? "not installed: \(row.install)",
      ])
    }
    var gpus = Table([("MODEL", .left)] + engines.map { ($0.name.uppercased(), .left) })
    for model in models {
      gpus.append(
        [model]
          + engines.map { row in row.gpus[model]?.map(String.init).joined(separator: " ") ?? "-" })
    }
    return programs.text + "\n" + gpus.text
      + "\nThe numbers are those of GPUs. A - stands for a model that the engine cannot serve.\n"
  }
}

extension Engine {
  /// Of 1, 2, 4 and 8 GPUs the numbers on which a model can run.
  fileprivate func gpuCounts(for spec: ModelSpec) -> [Int] {
    guard let model = EngineModel(spec, atHub: nil) else { return [] }
    return [1, 2, 4, 8].filter { count in
      var launch = EngineLaunch(model: model)
      launch.gpus.count = count
      return (try? command(for: launch)) != nil
    }
  }
}
