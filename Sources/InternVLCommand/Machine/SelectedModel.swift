import Foundation
import InternVL
import Registry

/// A checkpoint that is about to be used.
struct SelectedModel: Equatable {
  let name: String
  let folder: URL

  init(name: String, folder: URL) {
    self.name = name
    self.folder = folder
  }

  /// A folder that the user named.
  init(path: String) throws(CommandError) {
    let url = URL(filePath: path).absoluteURL.standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw .file(path: path, reason: "there is no such folder")
    }
    guard isFolder.boolValue else {
      throw .file(
        path: path, reason: "it is a file; name the folder with config.json and the weights")
    }
    guard FileManager.default.fileExists(atPath: url.appending(path: "config.json").path) else {
      throw .file(path: path, reason: "it has no config.json; name a checkpoint's folder")
    }
    self.init(name: url.lastPathComponent, folder: url)
  }

  /// Finds the checkpoint that the command line means.
  ///
  /// With `path` that folder is taken, and the other options only have to make sense. Without it
  /// the registry decides; `say` is told in one line what was chosen where something was left
  /// out.
  static func find(
    request: SpecRequest, path: String?, registry: Registry, machine: Machine,
    contextLength: Int, say: (String) -> Void
  ) throws -> SelectedModel {
    if let path {
      if request != SpecRequest() {
        _ = try registry.resolve(request) { _ in SpecStanding(isHere: false, fits: true) }
      }
      return try SelectedModel(path: path)
    }
    let resolution = try registry.resolve(request) {
      machine.standing($0, contextLength: contextLength)
    }
    let spec = resolution.spec
    if !request.isComplete {
      say("using \(spec.line)" + (resolution.reason.map { ": \($0)" } ?? ""))
    }
    guard let folder = machine.folder(spec) else { throw CommandError.notHere(spec) }
    return SelectedModel(name: spec.name, folder: folder)
  }

  /// Refuses pictures that even with one tile each do not fit into the context, so that they need
  /// not be decoded to see that.
  func requireRoom(for pictures: Int, contextLength: Int) throws {
    guard pictures > 0 else { return }
    let configuration = try Configuration(folder: folder)
    let tokens = pictures * configuration.tokensPerTile
    guard tokens < contextLength else {
      throw CommandError.tooManyPictures(pictures, tokens: tokens, context: contextLength)
    }
  }

  /// Loads the model; says how far the packing of its weights is, which only a first launch does.
  ///
  /// - Throws: `InternVLError`, and `CommandError.interrupted` after Ctrl-C.
  func load(_ options: ModelOptions) throws -> LoadedModel {
    let start = ContinuousClock.now
    var tenths = -1
    let model: VisionLanguageModel
    do {
      model = try Interrupts.cancellable {
        let model = try VisionLanguageModel(
          folder: folder, options: options, isCancelled: { Interrupts.isRequested }
        ) { done, total in
          guard 10 * done / total > tenths else { return }
          tenths = 10 * done / total
          StandardError.say(
            "internvl: packing weights for this and later launches: \(10 * tenths) %")
        }
        // Where nothing is packed, nobody asked.
        if Interrupts.isRequested { throw InternVLError.cancelled }
        return model
      }
    } catch InternVLError.cancelled {
      throw CommandError.interrupted
    }
    if let error = model.packedWeightsError {
      StandardError.say("internvl: packed weights are kept in memory only: \(error)")
    }
    return LoadedModel(name: name, model: model, loadSeconds: start.elapsed)
  }
}

/// A model in memory, and how long it took to get there.
struct LoadedModel {
  let name: String
  let model: VisionLanguageModel
  let loadSeconds: Double
}
