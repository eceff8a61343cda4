import Files
import Foundation
import Hub
import InternVL
import Registry

/// Brings one model's files to this machine, and says on standard error how far it is.
struct ModelDownload {
  private let settings: HubSettings
  private let models: [RemoteModel]
  private let selection: FileSelection
  /// Whether the user named the hub, which is then asked even if all files seem to be here.
  private let isHubNamed: Bool

  init(
    _ spec: ModelSpec, from hub: HubSelection, selection: FileSelection = .runtime
  ) throws {
    settings = try hub.settings()
    models = try hub.models(of: spec, settings: settings)
    self.selection = selection
    isHubNamed = hub.source != nil && hub.source != .auto
  }

  /// What there is to do: nothing, or a plan.
  func choose() throws -> HubChoice {
    try cancellable { downloader in
      isHubNamed && !settings.isOffline
        ? .download(try downloader.plan(models[0], selection: selection))
        : try downloader.choose(among: models, selection: selection)
    }
  }

  /// Carries out a choice; returns the folder to load the model from.
  func folder(_ choice: HubChoice) throws -> URL {
    switch choice {
    case .cached(let cached):
      StandardError.say(
        "internvl: \(cached.model.repository) is complete in \(cached.model.hub.displayName)'s cache"
      )
      return URL(filePath: cached.folder)
    case .download(let plan):
      StandardError.say("internvl: \(plan.summary)")
      let start = ContinuousClock.now
      let cached = try cancellable { downloader in try downloader.download(plan) }
      let seconds = Int(start.elapsed)
      let sum = plan.neededBytes > 0 ? "\(ByteCount(plan.neededBytes)) in \(seconds) s; " : ""
      StandardError.say("internvl: \(sum)\(plan.model.repository) is complete in \(cached.folder)")
      return URL(filePath: cached.folder)
    }
  }

  /// Runs a downloader that Ctrl-C stops; everything that arrived is kept.
  private func cancellable<Result>(_ work: (Downloader) throws -> Result) throws -> Result {
    let line = ProgressLine(isShown: settings.showsProgress)
    let downloader = Downloader(
      settings: settings, cancellation: Cancellation { Interrupts.isRequested },
      listener: line.show)
    do {
      let result = try Interrupts.cancellable { try work(downloader) }
      line.finish()
      return result
    } catch HubError.cancelled {
      line.finish()
      StandardError.say("internvl: stopped; what arrived is kept and the next run goes on from it")
      throw CommandError.interrupted
    } catch {
      line.finish()
      throw error
    }
  }
}

extension DownloadPlan {
  /// "downloading 12 files, 1.88 GB of OpenGVLab/InternVL3-1B from Hugging Face".
  var summary: String {
    let missing = files.count { $0.state != .present }
    guard missing > 0 else {
      return "\(model.hub.displayName) has nothing new of \(model.repository)"
    }
    return "downloading \(Units.count(missing, "file")), \(ByteCount(neededBytes)) of "
      + "\(model.repository) from \(model.hub.displayName)"
  }
}
