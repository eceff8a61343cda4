import CKernels
import TestSupport
import Testing

@testable import Kernels

@Suite("Checksums")
struct ChecksumTests {
  private func randomBytes(_ count: Int) -> [UInt8] {
    var random = SplitMix64(seed: UInt64(count))
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private func checksum(_ bytes: [UInt8], lanes: Int = 2) -> UInt64? {
    bytes.withUnsafeBytes { bytes in
      bytes.baseAddress.map { Compute(lanes: lanes).checksum($0, byteCount: bytes.count) }
    }
  }

  /// What checksum.h says, word by word.
  private func defined(_ bytes: [UInt8]) -> UInt64 {
    func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
      let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      return product << 29 | product >> 35
    }
    let padded = bytes + [UInt8](repeating: 0, count: 64 - bytes.count % 64)
    var lanes = [UInt64](repeating: 0, count: 8)
    for start in stride(from: 0, to: padded.count, by: 8) {
      let word = padded[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      lanes[start / 8 % 8] = mixed(lanes[start / 8 % 8], word)
    }
    return mixed(lanes.reduce(0, mixed), UInt64(bytes.count))
  }

  @Test("are as defined, at every length", arguments: 0...200)
  func definition(count: Int) {
    let bytes = randomBytes(count)
    #expect(bytes.withUnsafeBytes { ck_checksum($0.baseAddress, count) } == defined(bytes))
  }

  @Test("do not depend on the number of lanes", arguments: [1, 65_535, 65_536, 65_537, 400_000])
  func lanes(count: Int) {
    let bytes = randomBytes(count)
    #expect(Set([1, 2, 3, 8].map { checksum(bytes, lanes: $0) }).count == 1)
  }

  @Test("differ when one bit does, wherever it is", arguments: [64, 200, 70_000])
  func bits(count: Int) {
    var bytes = randomBytes(count)
    var seen: Set = [checksum(bytes)]
    let places = Set([0, 7, 8, 63, count / 2, count - 1])
    for place in places {
      for bit in 0..<8 {
        bytes[place] ^= 1 << bit
        seen.insert(checksum(bytes))
        bytes[place] ^= 1 << bit
      }
    }
    #expect(seen.count == 1 + 8 * places.count)
  }

  @Test("differ when the same bit of two words of a lane does, and when pieces change places")
  func several() {
    let bytes = randomBytes(200_000)
    var flipped = bytes
    for place in [7, 71] { flipped[place] ^= 128 }
    let swapped = bytes[65_536..<131_072] + bytes[..<65_536] + bytes[131_072...]
    let zeros = [UInt8](repeating: 0, count: 200_000)
    let all = [bytes, flipped, Array(swapped), zeros, zeros + [0]]
    #expect(Set(all.map { checksum($0) }).count == all.count)
  }
}
