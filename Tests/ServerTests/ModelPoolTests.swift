import Foundation
import OpenAIMessages
import Synchronization
import Testing

@testable import InternVL
@testable import Models
@testable import Server

@Suite("Several models behind one server", .serialized)
struct ModelPoolTests {
  @Test("the model that was used least recently goes, and comes back when it is asked for")
  func leastRecentlyUsed() async throws {
    let machine = Machine(room: 2)
    let pool = ModelPool(machine.offers, parallel: 1, queue: 4)
    for name in ["a", "b", "a", "c", "a", "b"] {
      let (loaded, _) = try await pool.reserve(name, answers: 1)
      #expect(loaded.name == name)
    }
    // c took b's place, and b then c's: a was used between.
    #expect(machine.loads == ["a", "b", "c", "b"])
  }

  @Test("a model that answers does not go; who asks for another is told to come again")
  func inUse() async throws {
    let machine = Machine(room: 1)
    let pool = ModelPool(machine.offers, parallel: 1, queue: 4)
    let held = try await pool.reserve("a", answers: 1)
    do {
      _ = try await pool.reserve("b", answers: 1)
      Issue.record("b was loaded")
    } catch {
      guard case .unloadable(let model, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(model == "b")
    }
    withExtendedLifetime(held) {}
  }

  @Test("a model that nobody uses for as long as it is to stay goes")
  func expiry() async throws {
    let machine = Machine(room: 3)
    let pool = ModelPool(
      machine.offers, parallel: 1, queue: 4, keepAlive: .seconds(0))
    _ = try await pool.reserve("a", answers: 1)
    await pool.dropExpired()
    _ = try await pool.reserve("a", answers: 1)
    await pool.keep("a", .forever)
    await pool.dropExpired()
    _ = try await pool.reserve("a", answers: 1)
    #expect(machine.loads == ["a", "a"])
  }

  @Test("the first model stays from the end of its loading on")
  func firstModel() async throws {
    let machine = Machine(room: 1, loadSeconds: 0.2)
    let pool = ModelPool(machine.offers, parallel: 1, queue: 4, keepAlive: .seconds(100))
    try await pool.loadFirst()
    await pool.dropExpired(at: machine.latestLoad + .seconds(99.9))
    _ = try await pool.reserve("a", answers: 1)
    #expect(machine.loads == ["a"])
  }

  @Test("a model that is asked for while it goes is loaded when it has gone")
  func askedForWhileItGoes() async throws {
    let machine = Machine(room: 1)
    let pool = ModelPool(machine.offers, parallel: 1, queue: 4, keepAlive: .seconds(0))
    for _ in 0..<8 {
      _ = try await pool.reserve("a", answers: 1)
      async let drop: Void = pool.dropExpired()
      _ = try await pool.reserve("a", answers: 1)
      await drop
    }
  }
}

/// A machine with memory for so many models at a time, which knows what was loaded on it.
private final class Machine: Sendable {
  private let room: Int
  private let loadSeconds: Double
  private let held = Mutex<[WeakModel]>([])
  private let names = Mutex<[String]>([])
  private let ends = Mutex(ContinuousClock.now)

  init(room: Int, loadSeconds: Double = 0) {
    self.room = room
    self.loadSeconds = loadSeconds
  }

  var loads: [String] { names.withLock { $0 } }
  /// When the latest load ended.
  var latestLoad: ContinuousClock.Instant { ends.withLock { $0 } }

  var offers: [ModelOffer] { ["a", "b", "c"].map(offer) }

  private func offer(_ name: String) -> ModelOffer {
    ModelOffer(name: name, contextLength: TestServer.contextLength) { [self] _ in
      guard held.withLock({ $0.count(where: \.isAlive) }) < room else {
        throw ModelsError.tooLarge(
          MemoryShortage(
            model: name, contextLength: 1,
            need: MemoryNeed(weightBytes: 0, cacheBytes: 0, activationBytes: 0), freeBytes: 0,
            fittingContext: nil, fittingModel: nil))
      }
      names.withLock { $0.append(name) }
      Thread.sleep(forTimeInterval: loadSeconds)
      let model = try TestServer.loadModel(parallel: 1, cacheLength: nil)
      held.withLock { $0.append(WeakModel(model)) }
      ends.withLock { $0 = .now }
      return LoadedModel(name: name, model: model, loadSeconds: 0)
    }
  }
}

/// Tells whether a model is still in memory.
private struct WeakModel: @unchecked Sendable {
  // Sendable: only asked whether it is nil.
  private weak var model: VisionLanguageModel?

  init(_ model: VisionLanguageModel) { self.model = model }

  var isAlive: Bool { model != nil }
}
