/// A question that every picture is asked, and the field of the row that gets the answer.
package struct CaptionPrompt: Sendable, Equatable {
  /// The field where nothing else was said.
  package static let usualField = "caption"

  package let field: String
  package let template: PromptTemplate

  package init(field: String = usualField, _ template: PromptTemplate) {
    self.field = field
    self.template = template
  }

  /// Reads `tags=List the objects.`, or a text without a field in front.
  ///
  /// - Throws: `CaptioningError` where the field is a row's own, or a variable is unknown.
  package init(argument: String) throws(CaptioningError) {
    let (field, text) = Self.split(argument)
    try self.init(field: field ?? Self.usualField, text: text)
  }

  /// - Throws: `CaptioningError` where the field is a row's own, or a variable is unknown.
  package init(field: String, text: String) throws(CaptioningError) {
    guard !RowColumn.reserved.contains(field) else { throw .reservedField(field) }
    self.field = field
    template = try PromptTemplate(text)
  }

  /// Whether it asks for the text of the picture's text file.
  package var usesTextFile: Bool { template.uses(.existing) }

  /// The letters, digits and underscores in front of a "=", and what stands behind it.
  package static func split(_ argument: String) -> (field: String?, rest: String) {
    let name = argument.utf8.prefix { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard !name.isEmpty, name.endIndex < argument.endIndex,
      argument.utf8[name.endIndex] == UInt8(ascii: "=")
    else { return (nil, argument) }
    return (String(name), String(argument[argument.utf8.index(after: name.endIndex)...]))
  }
}
