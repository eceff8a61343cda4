import HTTPTypes
import HummingbirdCore
import InternVL
import NIOCore

/// Reads the bodies of requests within limits.
struct RequestBodyReader: Sendable {
  let limits: Limits
  private let budget: ByteBudget

  init(_ limits: Limits) {
    self.limits = limits
    budget = ByteBudget(limits.allBodiesBytes)
  }

  /// A body, and the share of memory that it takes until it is let go.
  func read(_ request: Request) async throws(ServerError) -> (bytes: [UInt8], ByteBudget.Share) {
    let share = ByteBudget.Share(of: budget)
    if let length = request.headers[.contentLength].flatMap({ Int($0) }),
      length > limits.bodyBytes
    {
      throw .bodyTooLarge(bytes: limits.bodyBytes)
    }
    var bytes: [UInt8] = []
    let started = ContinuousClock.now
    do {
      for try await buffer in request.body {
        guard bytes.count + buffer.readableBytes <= limits.bodyBytes else {
          throw ServerError.bodyTooLarge(bytes: limits.bodyBytes)
        }
        guard share.take(buffer.readableBytes) else { throw ServerError.full }
        guard started.elapsed < Double(limits.bodySeconds) else {
          throw ServerError.bodyTooSlow(seconds: limits.bodySeconds)
        }
        bytes.append(contentsOf: buffer.readableBytesView)
      }
    } catch let error as ServerError {
      throw error
    } catch {
      throw .brokenBody
    }
    return (bytes, share)
  }
}
