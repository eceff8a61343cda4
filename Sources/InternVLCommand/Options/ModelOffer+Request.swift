import InternVL
import Models
import Registry
import Server

extension ModelOffer {
  /// The model that a request means, which is found now and fetched and loaded when it is needed.
  ///
  /// Says on standard error how far that is. Whether it may be downloaded is asked now.
  init(
    _ request: ModelRequest, catalog: ModelCatalog, download: DownloadChoice,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws {
    let preparation = ModelPreparation(
      reporting: request, catalog: catalog, mayDownload: download.allows)
    let found = try preparation.find()
    if download.asks { try preparation.requireConsent(to: found) }
    self.init(
      name: found.name, contextLength: request.options.contextLength,
      load: { onEvent in
        let progress = ModelProgress(showsTransfer: catalog.showsProgress)
        let preparation = ModelPreparation(
          request, catalog: catalog, isCancelled: isCancelled,
          onEvent: { event in
            progress.show(event)
            onEvent(event)
          })
        return try preparation.load(preparation.fetch(found))
      })
    guard let spec = catalog.registry.families.flatMap(\.specs).first(where: { $0.name == name })
    else { return }
    format = spec.format.rawValue
    family = spec.family
    size = "\(spec.size)"
    quantization = spec.quantization
  }
}
