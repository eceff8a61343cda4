import ArgumentParser
import Foundation
import InternVL

/// What answers must look like.
struct ShapeChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Makes answers JSON that fits this: a file with a JSON Schema, the schema itself, or fields \
      such as 'title, tags[], has_people:bool, count:int, kind:photo|drawing'.
      """, valueName: "schema"), completion: .file())
  var schema: String?

  var isGiven: Bool { schema != nil }

  /// The shape; nil where answers are free.
  func shape() throws -> OutputShape? { try schema.map(OutputShape.init(argument:)) }
}

extension OutputShape {
  /// The shape that an argument stands for: a schema, a file with one, or fields.
  init(argument: String) throws {
    if argument.drop(while: \.isWhitespace).first == "{" {
      try self.init(jsonSchema: Data(argument.utf8))
    } else if argument.hasSuffix(".json") || TypedPath.isFile(argument) {
      try self.init(jsonSchema: Data(TextInput.file(argument).utf8))
    } else {
      try self.init(shorthand: argument)
    }
  }
}
