import Dispatch
import Files
import JSON
import Synchronization

/// Pictures that somebody names on lines of JSON, while the run goes on.
package final class LineSource: CaptionSource, Sendable {
  private struct State {
    var items: [CaptionItem] = []
    var hasEnded = false
  }

  private let state = Mutex(State())
  private let news = DispatchSemaphore(value: 0)
  /// How many lines may be read ahead.
  ///
  /// A semaphore must not be lower at its end than at its beginning.
  private let room = DispatchSemaphore(value: 0)

  /// - Parameter readLine: the next line without its end, nil when there are no more; called on a thread of
  ///   its own, where it may wait.
  package init(readLine: @escaping @Sendable () -> [UInt8]?) {
    for _ in 0..<64 { room.signal() }
    DispatchQueue(label: "lines").async { [self] in
      var number = 0
      while let line = readLine() {
        number += 1
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == 0x0D }) { continue }
        room.wait()
        state.withLock { $0.items.append(Self.item(line, number: number)) }
        news.signal()
      }
      state.withLock { $0.hasEnded = true }
      news.signal()
    }
  }

  package var count: Int? { nil }

  package func next() -> CaptionSourceStep {
    state.withLock { state in
      guard !state.items.isEmpty else { return state.hasEnded ? .end : .later }
      room.signal()
      return .item(state.items.removeFirst())
    }
  }

  package func wait(seconds: Double) { _ = news.wait(timeout: .now() + seconds) }

  /// The picture that a line names: a path, or a name and the file's bytes in base64.
  static func item(_ line: [UInt8], number: Int) -> CaptionItem {
    let members = line.withUnsafeBytes { try? JSONObject.members($0.bytes) }
    guard case .string(let image)? = members?["image"] else {
      return CaptionItem(
        name: "line \(number)",
        place: .refused(#"line \#(number) of the input is no JSON object with an "image""#))
    }
    switch members?["data"] {
    case nil, .null?: return CaptionItem(name: image, place: .file(path: image))
    case .string(let text)?:
      guard let bytes = text.base64Bytes else { fallthrough }
      return CaptionItem(name: image, place: .memory(bytes))
    default:
      return CaptionItem(
        name: image, place: .refused(#"the "data" of line \#(number) of the input is not base64"#))
    }
  }
}
