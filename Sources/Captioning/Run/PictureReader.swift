import Foundation
import Synchronization

/// Reads pictures on other threads, so that the model need not wait for them.
final class PictureReader: Sendable {
  private let read: @Sendable (PictureRequest) -> ReadPicture
  private let queue = OperationQueue()
  private let pictures = Mutex<[Int: ReadPicture]>([:])
  private let news = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - threads: how many pictures are read at the same time.
  ///   - read: reads one picture.
  init(threads: Int, read: @escaping @Sendable (PictureRequest) -> ReadPicture) {
    self.read = read
    queue.maxConcurrentOperationCount = threads
  }

  deinit { queue.cancelAllOperations() }

  /// Begins to read a picture, to be handed over as `number`.
  func begin(_ picture: PictureRequest, number: Int) {
    queue.addOperation { [self] in
      let result = read(picture)
      pictures.withLock { $0[number] = result }
      news.signal()
    }
  }

  /// Hands over a picture that was begun; nil where it is not read yet.
  func take(_ number: Int) -> ReadPicture? {
    pictures.withLock { $0.removeValue(forKey: number) }
  }

  /// Returns when another picture has been read, or after `seconds`.
  func wait(seconds: Double) { _ = news.wait(timeout: .now() + seconds) }
}
