import Foundation
import Logging

/// Log lines on standard error, each with its time.
struct StandardErrorLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date.now.formatted(.iso8601)
    let level = event.level == .info ? "" : " \(event.level):"
    StandardError.say("\(time)\(level) \(event.message)")
  }
}
