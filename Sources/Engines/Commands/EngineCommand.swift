/// The command that starts an engine.
package struct EngineCommand: Sendable, Equatable {
  package var executable: String
  package var arguments: [String]
  /// Where it listens, on this machine.
  package let address: String
  /// The port that it listens on; nil where the one given is none.
  let port: Int?
  /// Variables that are added to the environment, by their names.
  package var environment: [String: String] = [:]
  /// What the user should know about it.
  package var notes: [EngineNote] = []

  /// A command with options, which the user's own replace where they have the same name.
  init(
    _ executable: String, _ words: [String], options: [EngineOption], besides own: [EngineOption]
  ) {
    self.executable = executable
    let kept = options.filter { option in !own.contains(where: option.hasName(of:)) }
    let all = kept + own
    arguments = words + all.flatMap { ["--\($0.name)"] + [$0.value].compactMap(\.self) }
    let port = all.last { ["port", "server-port", "server_port"].contains($0.name) }?.value
    address = "http://127.0.0.1:\(port ?? "")"
    self.port = port.flatMap { Int($0) }.flatMap { (1...65_535).contains($0) ? $0 : nil }
  }
}

extension EngineCommand: CustomStringConvertible {
  /// The command as a POSIX shell takes it, on one line.
  package var description: String {
    (environment.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.quoted($0.value))" }
      + ([executable] + arguments).map(Self.quoted)).joined(separator: " ")
  }

  /// A word in quotes, where it has a character that means something to a shell.
  static func quoted(_ word: String) -> String {
    word.wholeMatch(of: /[A-Za-z0-9_@%+=:,.\/-]+/) == nil
      ? "'\(word.replacing("'", with: #"'\''"#))'" : word
  }
}

/// What the user should know about an engine's command.
package enum EngineNote: Sendable, Equatable {
  /// Another repository is served, because the engine does not know the model's own layout.
  case twin(repository: String, of: String)
  /// The GPUs share the model by pipeline parallelism too.
  case shares(tensor: Int, pipeline: Int)
}

extension EngineNote: CustomStringConvertible {
  package var description: String {
    switch self {
    case .twin(let repository, let model):
      "\(repository) takes the place of \(model): the same weights in transformers' layout"
    case .shares(let tensor, let pipeline):
      "\(tensor * pipeline) GPUs: tensor parallel size \(tensor), pipeline parallel size \(pipeline)"
    }
  }
}
