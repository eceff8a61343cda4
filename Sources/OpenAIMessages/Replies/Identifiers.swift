/// What names an answer to its client.
package enum Identifier {
  /// A prefix and 24 random hexadecimal digits.
  package static func make(_ prefix: String) -> String {
    let digits = (0..<24).map { _ in
      String(UInt8.random(in: 0..<16), radix: 16)
    }
    return prefix + digits.joined()
  }
}
