import Files
import Foundation
import Hub
import Models
import Registry

/// Says on standard error how far the preparation of a model is.
final class ModelProgress {
  private let line: ProgressLine
  /// How much of the packing was said.
  private var tenths = -1

  /// Without `showsTransfer` a download only tells of waits and damage.
  init(showsTransfer: Bool) { line = ProgressLine(isShown: showsTransfer) }

  func show(_ event: ModelEvent) {
    switch event {
    case .chosen(let spec, let reasons):
      let why = reasons.map(\.description).joined(separator: "; ")
      say("using \(spec.line)" + (why.isEmpty ? "" : ": \(why)"))
    case .cached(let cached):
      say(
        "\(cached.model.repository) is complete in \(cached.model.hub.displayName)'s cache")
    case .asking(let hubs, let model):
      say("asking \(hubs.map(\.displayName).joined(separator: " and ")) for \(model)")
    case .downloading(let plan): say(plan.summary)
    case .transfer(let event): line.show(event)
    case .downloaded(let cached, let bytes, let seconds):
      line.finish()
      let sum = bytes > 0 ? "\(ByteCount(bytes)) in \(Int(seconds)) s; " : ""
      say("\(sum)\(cached.model.repository) is complete in \(cached.folder)")
    case .downloadStopped(let error):
      line.finish()
      guard error == .cancelled else { return }
      say("stopped; what arrived is kept and the next run goes on from it")
    case .packing(let done, let total):
      guard 10 * done / total > tenths else { return }
      tenths = 10 * done / total
      say("packing weights for this and later launches: \(10 * tenths) %")
    case .lostNorms:
      say(
        "the vision tower's q_norm and k_norm are all ones, as a faulty conversion leaves them; "
          + "answers about pictures will be wrong unless they were trained so")
    case .packedIntoMemory(let reason):
      say("packed weights are kept in memory only: \(reason)")
    }
  }

  private func say(_ sentence: String) { StandardError.say("internvl: \(sentence)") }
}

extension ModelPreparation {
  /// Prepares what a request asks for, says on standard error how far it is, and ends with Ctrl-C.
  init(
    reporting request: ModelRequest, catalog: ModelCatalog,
    mayDownload: @escaping (DownloadPlan) -> Bool = { _ in true }
  ) {
    self.init(
      request, catalog: catalog, isCancelled: { Interrupts.isRequested }, mayDownload: mayDownload,
      onEvent: ModelProgress(showsTransfer: catalog.showsProgress).show)
  }
}

extension DownloadPlan {
  /// "downloading 12 files, 1.88 GB of OpenGVLab/InternVL3-1B from Hugging Face".
  var summary: String {
    missingFiles > 0
      ? "downloading \(missing)" : "\(model.hub.displayName) has nothing new of \(model.repository)"
  }

  /// "12 files, 1.88 GB of OpenGVLab/InternVL3-1B from Hugging Face".
  var missing: String {
    "\(Units.count(missingFiles, "file")), \(ByteCount(neededBytes)) of \(model.repository) from "
      + model.hub.displayName
  }

  private var missingFiles: Int { files.count { $0.state != .present } }
}
