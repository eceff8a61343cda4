import Foundation
import Registry

/// What this machine has.
struct Machine {
  /// Memory that a model could take now, in bytes; nil when the system does not tell.
  let freeBytes: Int?
  /// The folder of a spec's checkpoint; nil when it is not here.
  let folder: (ModelSpec) -> URL?

  /// This machine as it is, with the hubs' default revisions.
  static var current: Machine { current(HubSelection()) }

  /// This machine as it is.
  static func current(_ hub: HubSelection) -> Machine {
    Machine(freeBytes: FreeMemory.bytes()) { InstalledModels.folder(of: $0, hub: hub) }
  }

  /// The memory that a spec needs in its default precision; nil when the registry does not say.
  static func estimate(_ spec: ModelSpec, contextLength: Int) -> MemoryEstimate? {
    spec.shape.map {
      MemoryEstimate(
        shape: $0,
        plan: MemoryPlan(
          format: spec.format, isFast: spec.format == .awq, contextLength: contextLength))
    }
  }

  /// Whether a spec fits into free memory; nil when one of the two is not known.
  func fits(_ spec: ModelSpec, contextLength: Int) -> Bool? {
    guard let freeBytes, let estimate = Self.estimate(spec, contextLength: contextLength) else {
      return nil
    }
    return estimate.totalBytes <= freeBytes
  }

  /// What the choice of a spec depends on.
  func standing(_ spec: ModelSpec, contextLength: Int) -> SpecStanding {
    SpecStanding(
      isHere: folder(spec) != nil, fits: fits(spec, contextLength: contextLength) ?? true)
  }
}
