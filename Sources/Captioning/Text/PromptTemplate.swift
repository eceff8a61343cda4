/// A prompt with variables in braces, such as `{name}`.
///
/// Braces around anything but a word are text, and so is a word in double braces: `{{name}}`.
package struct PromptTemplate: Sendable, Equatable {
  /// What a variable stands for.
  package enum Variable: String, CaseIterable, Sendable {
    /// The file's name, that name without its ending, and the folder that the file lies in.
    case name, stem, folder
    /// The text of the picture's text file; empty where there is none.
    case existing
    /// Sides in pixels, upright.
    case width, height
  }

  private enum Part: Sendable, Equatable {
    case text(String)
    case variable(Variable)
  }

  /// The prompt as it was given.
  package let text: String
  private let parts: [Part]

  /// - Throws: `CaptioningError.unknownVariable`.
  package init(_ text: String) throws(CaptioningError) {
    self.text = text
    var parts: [Part] = []
    var rest = text[...]
    while let match = rest.firstMatch(of: /\{(\{([a-z_]+)\}|([a-z_]+))\}/) {
      parts.append(.text(String(rest[..<match.range.lowerBound])))
      if let literal = match.2 {
        parts.append(.text("{\(literal)}"))
      } else if let word = match.3 {
        guard let variable = Variable(rawValue: String(word)) else {
          throw .unknownVariable(String(word))
        }
        parts.append(.variable(variable))
      }
      rest = rest[match.range.upperBound...]
    }
    self.parts = parts + [.text(String(rest))]
  }

  /// Whether the prompt is another one for each picture.
  package var hasVariables: Bool {
    parts.contains { if case .variable = $0 { true } else { false } }
  }

  package func uses(_ variable: Variable) -> Bool { parts.contains(.variable(variable)) }

  /// The prompt for a picture.
  package func filled(_ value: (Variable) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .variable(let variable): value(variable)
      }
    }.joined()
  }
}
