import Hub
package import Registry

/// Why a model could not be found or may not be loaded.
package enum ModelsError: Error, Equatable {
  /// What is wrong with a folder that was named as a checkpoint's.
  package enum FolderFault: Sendable, Equatable {
    case missing
    case isFile
    case noConfiguration
    /// It is, or holds, what llama.cpp takes.
    case gguf
  }

  /// A folder that was named is not a checkpoint's.
  case badFolder(path: String, FolderFault)
  /// A model's folder, which the registry names, is missing; `isOwn` where the registry is the user's.
  case missingFolder(path: String, model: String, isOwn: Bool)
  /// A model is not at this hub; nil stands for any.
  case notAtHub(HubName?, model: String)
  /// A model is in a folder, not at a hub.
  case nothingToDownload(model: String)
  /// The model needs more memory than is free.
  case tooLarge(MemoryShortage)
  /// Pictures that with one tile each have at least as many tokens as the context.
  case tooManyPictures(Int, tokens: Int, context: Int)
  /// The caller did not want the download.
  case declined
  /// The caller cancelled it.
  case cancelled
}

extension ModelsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badFolder(let path, let fault): "cannot use '\(path)': \(fault)"
    case .missingFolder(let path, let model, _): "the folder '\(path)' of \(model) is missing"
    case .notAtHub(let hub, let model): "\(model) is not on \(hub?.displayName ?? "any hub")"
    case .nothingToDownload(let model):
      "\(model) comes with the program; there is nothing to download"
    case .tooLarge(let shortage): "\(shortage)"
    case .tooManyPictures(let count, let tokens, let context):
      "\(count) picture\(count == 1 ? "" : "s") take at least \(tokens) tokens but the context "
        + "holds \(context)"
    case .declined: "nothing was downloaded"
    case .cancelled: "loading was cancelled"
    }
  }

  /// Whether the request is wrong, rather than the machine or a file.
  package var isUsageError: Bool {
    switch self {
    case .notAtHub, .nothingToDownload: true
    default: false
    }
  }
}

extension ModelsError.FolderFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing: "there is no such folder"
    case .isFile: "it is a file; name the folder with config.json and the weights"
    case .gguf:
      "GGUF files are not read; take the model's checkpoint in safetensors, of which AWQ is the smallest"
    case .noConfiguration: "it has no config.json; name a checkpoint's folder"
    }
  }
}
