import ArgumentParser
import Registry

extension CompletionKind {
  /// The names of the program's own families and models.
  static let modelNames = CompletionKind.custom { _, _, _ in
    Set(builtInFamilies.flatMap { [$0.name] + $0.specs.map(\.name) }).sorted()
  }

  /// The sizes that there are, in the format that the line names where it names one.
  static let modelSizes = CompletionKind.custom { words, _, _ in
    let format = zip(words, words.dropFirst())
      .first { ["-f", "--model-format", "--model_format"].contains($0.0) }
      .flatMap { ModelFormat(argument: $0.1) }
    let specs = builtInFamilies.flatMap(\.specs).filter {
      $0.isOnHubs && SpecRequest(format: format).allows($0)
    }
    return Set(specs.map(\.size)).sorted().map(\.description)
  }

  private static var builtInFamilies: [ModelFamily] {
    (try? Registry.builtIn())?.families ?? []
  }
}
