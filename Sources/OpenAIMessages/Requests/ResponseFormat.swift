import InternVL
import JSON

/// What a request wants its answer to look like.
///
/// A schema is read from the bytes that the request stands in, because its properties have an order
/// there.
enum ResponseFormat {
  /// The shape that `response_format` asks for; nil for text.
  static func shape(_ object: JSONObject, in document: [UInt8]) throws -> OutputShape? {
    guard let format = try object.optionalObject("response_format") else { return nil }
    guard try format.string("type") == "json_schema" else { return try plain(format) }
    return try shape(format.object("json_schema"), "schema", in: document)
  }

  /// The shape that `text.format` of the responses interface asks for; nil for text.
  static func responseShape(_ object: JSONObject, in document: [UInt8]) throws -> OutputShape? {
    guard let format = try object.optionalObject("text")?.optionalObject("format") else {
      return nil
    }
    guard try format.string("type") == "json_schema" else { return try plain(format) }
    return try shape(format, "schema", in: document)
  }

  /// The shape that ollama's `format` asks for; nil for text.
  static func ollamaShape(_ object: JSONObject, in document: [UInt8]) throws -> OutputShape? {
    switch object["format"] {
    case nil, .string("")?: return nil
    case .string("json")?: return .anyObject
    default: return try shape(object, "format", in: document)
    }
  }

  /// A format without a schema.
  private static func plain(_ format: JSONObject) throws -> OutputShape? {
    switch try format.string("type") {
    case "text": return nil
    case "json_object": return .anyObject
    default: throw format.invalid("type", expected: "text, json_object or json_schema")
    }
  }

  private static func shape(
    _ object: JSONObject, _ key: String, in document: [UInt8]
  ) throws -> OutputShape {
    _ = try object.object(key)
    let path = object.keyPath(key)
    do {
      return try OutputShape(
        jsonSchemaAt: path.split(separator: ".").map(String.init), in: document)
    } catch {
      throw RequestFault.schema(parameter: path, "\(error)")
    }
  }
}
