/// A program of others that serves models over OpenAI's interface, and what it needs for each of them.
///
/// Each engine's rules are in the file of its name.
package protocol Engine: Sendable {
  /// What people call it.
  var name: String { get }
  /// The program that is started.
  var executable: String { get }
  /// The arguments that make the program tell its version.
  var versionArguments: [String] { get }
  /// What `pip install` takes, quoted for a shell.
  var packages: String { get }

  /// How answers are made that it cannot be told.
  var unknownSettings: Set<AnswerSetting> { get }

  /// The command that serves a model.
  ///
  /// - Throws: `EngineError` where the engine cannot serve it, or not on so many GPUs.
  func command(for launch: EngineLaunch) throws(EngineError) -> EngineCommand
}

extension Engine {
  package var unknownSettings: Set<AnswerSetting> { [] }
}

/// Ways of making answers that not every engine knows.
package enum AnswerSetting: Sendable, CaseIterable {
  case topK, minP, repetitionPenalty, frequencyPenalty, presencePenalty, shape
}

/// The engines that there are.
package enum Engines {
  package static let all: [any Engine] = [VLLM(), LMDeploy(), Transformers()]

  /// The engine with a name in any case.
  package static func named(_ name: String) -> (any Engine)? {
    all.first { $0.name.lowercased() == name.lowercased() }
  }
}
