package import Hub
package import Registry

/// What happens while a model is prepared, in the order of a first launch.
package enum ModelEvent {
  /// The registry's choice where the request left something out, and why.
  case chosen(ModelSpec, reasons: [Resolution.Reason])
  /// All files are on this machine already.
  case cached(CachedModel)
  /// Hubs are asked for a model's files, which may take a while.
  case asking([HubName], model: String)
  /// A download begins.
  case downloading(DownloadPlan)
  /// The download goes on: bytes, waits, damaged files.
  case transfer(HubEvent)
  /// The download has ended, after so many seconds.
  case downloaded(CachedModel, neededBytes: Int64, seconds: Double)
  /// The download has ended early; what arrived is kept.
  case downloadStopped(HubError)
  /// Weights are packed, which only a first launch does: so many bytes are done.
  case packing(done: Int, total: Int)
  /// The vision tower's norms of q and k are all ones, as some conversions leave them.
  case lostNorms
  /// The packed weights could not be kept for later launches.
  case packedIntoMemory(reason: any Error)
}
