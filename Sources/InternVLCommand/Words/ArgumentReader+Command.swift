import ArgumentParser
import Registry

extension ArgumentReader {
  /// The command with its options, as the parser reads them.
  ///
  /// - Throws: what the parser says, and `WordError.badDefaults` where only the user's own defaults are to
  ///   blame.
  func parsed() throws -> any ParsableCommand {
    do {
      return try parse(defaultArguments)
    } catch {
      guard (try? parse([])) != nil else { throw error }
      for argument in defaultArguments {
        do {
          _ = try parse([argument])
        } catch {
          throw defaults.wrong(argument.name, InternVLCommand.message(for: error))
        }
      }
      throw error
    }
  }

  private func parse(_ defaults: [Defaults.Argument]) throws -> any ParsableCommand {
    try InternVLCommand.parseAsRoot(arguments(with: defaults))
  }

  /// An error of the command, which names the file where a default is the model that there is not.
  func explained(_ error: any Error) -> any Error {
    guard case RegistryError.unknownName(let name, _) = error,
      let model = defaultArguments.first(where: { $0.name == "model" }),
      model.text.hasSuffix("=\(name)")
    else { return error }
    return defaults.wrong(model.name, Advice.sentence(error))
  }
}
