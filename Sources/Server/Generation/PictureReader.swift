import Dispatch
import Hub
import Imaging
import InternVL
import NIOPosix
import OpenAIMessages

/// Reads the pictures of requests.
struct PictureReader: Sendable {
  private let limits: Limits
  private let web: WebDownload
  private let fetches: Bool

  init(_ settings: ServerSettings) {
    limits = settings.limits
    web = WebDownload(publicHosts: settings.imageHosts, limitBytes: settings.limits.imageBytes)
    fetches = !settings.imageHosts.isEmpty
  }

  /// Decodes pictures and cuts them into a model's tiles, away from the threads that serve.
  ///
  /// - Throws: `ServerError` with the number of the picture that cannot be read.
  func read(
    _ addresses: [PictureAddress], for prompts: PromptBuilder, maxTiles: Int?
  ) async throws(ServerError) -> [Image] {
    let tokens = addresses.count * prompts.configuration.tokensPerTile
    guard tokens < prompts.contextLength else {
      throw .tooManyPictures(addresses.count, tokens: tokens, context: prompts.contextLength)
    }
    var images: [Image] = []
    for (index, address) in addresses.enumerated() {
      let bytes = try await bytes(of: address, number: index + 1)
      images.append(
        try await Blocking.run { () throws(ServerError) in
          try decode(bytes, number: index + 1)
            .cut(for: prompts.configuration, maxTiles: maxTiles)
        })
    }
    return images
  }

  private func bytes(of address: PictureAddress, number: Int) async throws(ServerError) -> [UInt8] {
    switch address {
    case .inline(let bytes): return bytes
    case .web(let address) where fetches: return try await fetch(address, number: number)
    case .web:
      throw .request(
        .unsupported(parameter: "image_url", instead: "send pictures as data: URLs"))
    case .file, .path:
      throw .request(
        .wrongValue(
          parameter: "image_url", found: "a path", expected: "data:image/png;base64,… or the like"))
    }
  }

  /// Fetches a picture on a thread of its own, which waits for the network.
  private func fetch(_ address: String, number: Int) async throws(ServerError) -> [UInt8] {
    let web = web
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[UInt8], WebDownload.Fault>, Never>) in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result { () throws(WebDownload.Fault) in try web.bytes(of: address) })
      }
    }
    do {
      return try result.get()
    } catch {
      throw .picture(number, error)
    }
  }

  private func decode(_ bytes: [UInt8], number: Int) throws(ServerError) -> Image {
    let name = "the picture"
    do throws(ImagingError) {
      guard bytes.count <= limits.imageBytes else {
        throw .fileTooLarge(name: name, limitBytes: limits.imageBytes)
      }
      return Image(
        try decodeImage(
          bytes, name: name, orientation: .upright,
          limits: ImageLimits(
            maxPixels: limits.imagePixels, maxSide: ImageLimits.standard.maxSide,
            maxFileBytes: limits.imageBytes)))
    } catch {
      throw .picture(number, error)
    }
  }
}

/// Work that takes long and waits for nothing.
enum Blocking {
  /// Does it on a thread that nothing else waits for.
  static func run<Result: Sendable>(
    _ work: @escaping @Sendable () throws(ServerError) -> Result
  ) async throws(ServerError) -> Result {
    do {
      return try await NIOThreadPool.singleton.runIfActive(work)
    } catch let error as ServerError {
      throw error
    } catch {
      throw .stopping
    }
  }

  /// Reads a request; what is wrong with it is the client's fault.
  static func read<Request: Sendable>(
    _ work: @escaping @Sendable () throws(RequestFault) -> Request
  ) async throws(ServerError) -> Request {
    try await run { () throws(ServerError) in
      do throws(RequestFault) {
        return try work()
      } catch {
        throw .request(error)
      }
    }
  }
}
