/// A text that equals another one only where all bytes are the same.
///
/// Swift's strings are equal when they are canonically equivalent, but a file system tells "é" from
/// "e" with a combining accent.
package struct ExactText: Hashable, Sendable {
  package let string: String

  package init(_ string: String) { self.string = string }

  package static func == (text: ExactText, other: ExactText) -> Bool {
    text.string.utf8.elementsEqual(other.string.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension ExactText: Comparable {
  /// In the order of the bytes.
  package static func < (text: ExactText, other: ExactText) -> Bool {
    text.string.utf8.lexicographicallyPrecedes(other.string.utf8)
  }
}

extension ExactText: CustomStringConvertible {
  package var description: String { string }
}
