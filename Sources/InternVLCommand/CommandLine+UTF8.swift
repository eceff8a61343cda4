extension CommandLine {
  /// Throws when an argument is not UTF-8.
  ///
  /// Linux hands over bytes; `arguments` has U+FFFD for those that are no character, with which a
  /// file is not found and a prompt is another one.
  static func requireUTF8() throws(CommandError) {
    for (index, argument) in arguments.enumerated().dropFirst() {
      guard let bytes = unsafeArgv[index], String(validatingCString: bytes) == nil else { continue }
      throw .argumentNotUTF8(argument)
    }
  }
}
