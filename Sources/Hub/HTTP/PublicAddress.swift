import CCurl
import Foundation

/// Whether a socket's address belongs to the public internet: not to this machine, a private network, a
/// link, a documentation range or a group.
///
/// Source: IANA's registries of special-purpose addresses, for IPv4 and IPv6.
func isPublic(_ address: UnsafePointer<sockaddr>) -> Bool {
  switch Int32(address.pointee.sa_family) {
  case AF_INET:
    return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
      isPublic(ipv4: UInt32(bigEndian: $0.pointee.sin_addr.s_addr))
    }
  case AF_INET6:
    return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
      withUnsafeBytes(of: address.pointee.sin6_addr) { isPublic(ipv6: Array($0)) }
    }
  default: return false
  }
}

/// The same for the 32 bits of an IPv4 address.
func isPublic(ipv4 address: UInt32) -> Bool {
  !specialRanges.contains { range, bits in address >> (32 - bits) == range >> (32 - bits) }
}

/// The same for the 16 bytes of an IPv6 address: global unicast without tunnels, which lead to IPv4.
func isPublic(ipv6 bytes: [UInt8]) -> Bool {
  guard bytes.count == 16, bytes[0] >> 5 == 1 else { return false }
  let isTunnel = bytes.starts(with: [0x20, 0x02]) || bytes.starts(with: [0x20, 0x01, 0, 0])
  return !isTunnel && !bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8])
}

private let specialRanges: [(UInt32, UInt32)] = [
  (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16),
  (0xAC10_0000, 12), (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16),
  (0xC612_0000, 15), (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
]
