import Foundation

/// A port that no program listens on.
package enum FreePort {
  /// One that the system chooses on the loopback address; nil where it has none.
  ///
  /// Another program may take it before its user does, which then says so.
  package static func find() -> Int? { bind(to: 0) }

  /// Whether a program listens on a port of the loopback address.
  static func isTaken(_ port: Int) -> Bool {
    bind(to: UInt16(clamping: port)) == nil
  }

  /// The port that a socket of the loopback address gets, 0 for any; nil where it gets none.
  private static func bind(to port: UInt16) -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // As servers do, so that connections which ended do not count.
    var isReused: Int32 = port == 0 ? 0 : 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }
}
