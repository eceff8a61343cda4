import Checkpoint
package import Foundation
package import InternVL
package import Registry

/// A checkpoint on this machine that is about to be used.
package struct ModelCheckpoint: Sendable, Equatable {
  package let name: String
  package let folder: URL
  package let configuration: Configuration

  /// Reads the configuration of a model's folder.
  init(name: String, folder: URL) throws(CheckpointError) {
    self.name = name
    self.folder = folder
    configuration = try Configuration(folder: folder)
  }

  /// A folder that the user named.
  ///
  /// - Throws: `ModelsError.badFolder`, and `CheckpointError` for its config.json.
  package init(path: String) throws {
    let url = URL(filePath: path).absoluteURL.standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw ModelsError.badFolder(path: path, .missing)
    }
    guard isFolder.boolValue else {
      throw ModelsError.badFolder(path: path, Self.isGGUF(path) ? .gguf : .isFile)
    }
    guard FileManager.default.fileExists(atPath: url.appending(path: "config.json").path) else {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
      throw ModelsError.badFolder(
        path: path, files.contains(where: Self.isGGUF) ? .gguf : .noConfiguration)
    }
    try self.init(name: url.lastPathComponent, folder: url)
  }

  private static func isGGUF(_ file: String) -> Bool { file.lowercased().hasSuffix(".gguf") }
}

extension ModelCheckpoint {
  /// The commit that the folder's name tells in Hugging Face's cache; nil elsewhere.
  package var revision: String? {
    folder.deletingLastPathComponent().lastPathComponent == "snapshots"
      ? folder.lastPathComponent : nil
  }
}

/// A model that a request means, before anything is downloaded.
package enum FoundModel: Sendable, Equatable {
  case here(ModelCheckpoint)
  /// It has to be downloaded.
  case atHubs(ModelSpec)

  package var name: String {
    switch self {
    case .here(let checkpoint): checkpoint.name
    case .atHubs(let spec): spec.name
    }
  }

  /// What is known of its config.json; nil where the registry does not know its dimensions.
  package var configuration: Configuration? {
    switch self {
    case .here(let checkpoint): checkpoint.configuration
    case .atHubs(let spec): spec.configuration
    }
  }

  /// Refuses pictures that even with one tile each do not fit into the context, so that they need
  /// not be decoded to see that.
  ///
  /// - Throws: `ModelsError.tooManyPictures`.
  package func requireRoom(for pictures: Int, contextLength: Int) throws(ModelsError) {
    guard pictures > 0, let configuration else { return }
    let tokens = pictures * configuration.tokensPerTile
    guard tokens < contextLength else {
      throw .tooManyPictures(pictures, tokens: tokens, context: contextLength)
    }
  }
}

/// A model in memory, and how long it took to get there.
package struct LoadedModel {
  package let name: String
  package let model: VisionLanguageModel
  package let loadSeconds: Double
}
