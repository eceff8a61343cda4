/// What an engine is to serve, and on what.
package struct EngineLaunch: Sendable {
  package var model: EngineModel
  /// Tokens of prompt and answer together.
  package var contextLength = 8192
  /// The most pictures that a request may have.
  package var pictures = 16
  /// The GPUs; on several nodes, `count` is that of each.
  package var gpus = GPUShare()
  package var place = EnginePlace.here
  /// The share of each GPU's memory that the engine takes; nil for the engine's own.
  package var memoryUtilization: Double?
  /// The port to listen on; nil for the engine's usual one.
  package var port: Int?
  /// What the engine's own command line gets besides.
  package var options: [EngineOption] = []
  package var machine = EngineMachine()

  package init(model: EngineModel) { self.model = model }
}

/// An option of an engine's own command line.
package struct EngineOption: Sendable, Equatable {
  /// Without dashes.
  package let name: String
  /// Nil for a flag.
  package let value: String?

  package init(_ name: String, _ value: String? = nil) {
    self.name = name
    self.value = value
  }

  /// Reads `KEY=VALUE`, or `KEY` for a flag; nil where the key is no option's name.
  package init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0].wholeMatch(of: /[A-Za-z][\w.-]*/) != nil else { return nil }
    self.init(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
  }

  /// Whether both mean the same option; engines take `-` and `_` alike.
  func hasName(of other: EngineOption) -> Bool {
    name.replacing("_", with: "-") == other.name.replacing("_", with: "-")
  }
}

/// What is known of the machine that an engine is to run on.
package struct EngineMachine: Sendable {
  /// The GPUs' compute capability, such as 8.6; nil where it is not known.
  package var computeCapability: Double?
  /// The engine's version, such as 0.32; nil where it is not known.
  package var version: EngineVersion?

  package init(computeCapability: Double? = nil, version: EngineVersion? = nil) {
    self.computeCapability = computeCapability
    self.version = version
  }
}

/// A version such as 0.32.0.
package struct EngineVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
  private let numbers: [Int]

  init(_ major: Int, _ minor: Int) { numbers = [major, minor] }

  /// The first version in what a program says of itself; nil where there is none.
  package init?(in text: String) {
    guard let match = text.firstMatch(of: /(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?/) else {
      return nil
    }
    numbers = [match.1, match.2, match.3 ?? "0"].compactMap { Int($0) }
  }

  package static func < (left: EngineVersion, right: EngineVersion) -> Bool {
    left.numbers.lexicographicallyPrecedes(right.numbers)
  }

  package var description: String { numbers.map(String.init).joined(separator: ".") }
}
