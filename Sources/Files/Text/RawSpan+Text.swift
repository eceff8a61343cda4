extension RawSpan {
  /// The characters of a range of bytes, or nil where they are not UTF-8.
  package func text(in range: Range<Int>) -> String? {
    extracting(range).withUnsafeBytes { String(validating: $0, as: UTF8.self) }
  }
}
