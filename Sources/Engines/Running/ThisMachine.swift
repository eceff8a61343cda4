import Foundation

/// The machine that this program runs on.
package enum ThisMachine {
  /// Whether a name or an address is one of this machine's.
  package static func has(_ name: String) -> Bool {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &found) == 0 else { return false }
    defer { freeaddrinfo(found) }
    // Only an address of this machine can be bound.
    return sequence(first: found, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
      .contains { entry in
        guard let info = entry?.pointee else { return false }
        let descriptor = socket(info.ai_family, info.ai_socktype, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return bind(descriptor, info.ai_addr, info.ai_addrlen) == 0
      }
  }
}
