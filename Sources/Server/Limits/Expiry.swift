import ServiceLifecycle

/// Lets models go that nobody has used for as long as they are to stay.
struct Expiry: Service {
  let pool: ModelPool

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .seconds(1))
        await pool.dropExpired()
      }
    }
  }
}
