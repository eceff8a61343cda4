/// Which of a repository's files to have on this machine.
package enum FileSelection: Sendable, Equatable {
  /// What running the model takes: configuration, tokenizer, and the weights in one file format.
  case runtime
  /// Everything, examples and code included.
  case all

  /// The selected files, in the listing's order.
  package func files(of listing: Listing) -> [RemoteFile] {
    switch self {
    case .all: return listing.files
    case .runtime:
      let weights = Self.weights(in: listing.files)
      return listing.files.filter { Self.isRuntime($0.path, weights: weights) }
    }
  }

  /// Files beside the weights that the program reads.
  ///
  /// Code, calibration leftovers (`.pth`) and pictures are not among them.
  private static let runtimeNames: Set<String> = [
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json", "tokenizer.json",
    "tokenizer.model", "vocab.json", "merges.txt", "chat_template.json", "chat_template.jinja",
  ]

  /// The endings of the weights and of their index, per file format.
  private enum Weights: String {
    case safetensors = ".safetensors"
    case pickled = ".bin"

    func includes(_ name: String) -> Bool {
      switch self {
      case .safetensors: name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json")
      case .pickled:
        name.hasPrefix("pytorch_model")
          && (name.hasSuffix(".bin") || name.hasSuffix(".bin.index.json"))
      }
    }
  }

  /// Safetensors where there are any: they load without unpickling.
  private static func weights(in files: [RemoteFile]) -> Weights {
    files.contains { $0.path.isTopLevel && $0.path.text.hasSuffix(".safetensors") }
      ? .safetensors : .pickled
  }

  private static func isRuntime(_ path: RemotePath, weights: Weights) -> Bool {
    runtimeNames.contains(path.text) || path.isTopLevel && weights.includes(path.text)
  }
}
