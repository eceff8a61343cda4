import Files
package import JSON

/// Why a request is not one that can be carried out; the client has to change it.
package enum RequestFault: Error, Equatable {
  /// The body is not a JSON object, or one beyond the limits.
  case notJSON(JSONFault)
  /// A value is missing, of another type or out of range.
  case wrongValue(parameter: String, found: String, expected: String)
  /// A parameter asks for something that is not implemented; `instead` is what is.
  case unsupported(parameter: String, instead: String)
  /// A parameter makes sense only beside another.
  case needs(parameter: String, other: String)
  /// A schema for the answer cannot be used; the sentence says why.
  case schema(parameter: String, String)
  /// The messages cannot be turned into a conversation.
  case conversation(ConversationFault)
  /// A picture's address, which is at `parameter`.
  case address(parameter: String, AddressFault)

  /// The parameter's path, where it is one parameter that is wrong.
  package var parameter: String? {
    switch self {
    case .notJSON: nil
    case .wrongValue(let parameter, _, _), .unsupported(let parameter, _),
      .needs(let parameter, _), .address(let parameter, _), .schema(let parameter, _):
      parameter
    case .conversation: "messages"
    }
  }
}

extension RequestFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notJSON(let fault): "the body is not a JSON object: \(fault)"
    case .wrongValue(let parameter, let found, let expected):
      "\(parameter.printable) is \(found.printable); expected \(expected)"
    case .unsupported(let parameter, let instead):
      "\(parameter.printable) is not supported; \(instead)"
    case .needs(let parameter, let other): "\(parameter) needs \(other)"
    case .schema(let parameter, let sentence): "\(parameter.printable): \(sentence)"
    case .conversation(let fault): "the messages are not a conversation: \(fault)"
    case .address(let parameter, let fault): "\(parameter.printable) is \(fault)"
    }
  }
}

extension RequestFault {
  /// Reads a request's body, whatever is wrong with it.
  static func reading<Request>(
    _ body: [UInt8], _ read: (JSONObject) throws -> Request
  ) throws(RequestFault) -> Request {
    let object: JSONObject
    do {
      object = try JSONObject(body.span.bytes, file: "body")
    } catch {
      throw RequestFault(error)
    }
    return try reading(object, read)
  }

  /// Reads an object, whatever is wrong with it.
  static func reading<Request>(
    _ object: JSONObject, _ read: (JSONObject) throws -> Request
  ) throws(RequestFault) -> Request {
    do {
      return try read(object)
    } catch let fault as RequestFault {
      throw fault
    } catch let fault as ConversationFault {
      throw .conversation(fault)
    } catch let error as JSONError {
      throw RequestFault(error)
    } catch {
      preconditionFailure("reading a request threw \(error)")
    }
  }

  init(_ error: JSONError) {
    switch error.problem {
    case .malformed(let fault): self = .notJSON(fault)
    case .value(let key, let found, let expected):
      self = .wrongValue(parameter: key, found: found, expected: expected)
    case .unknownKey(let key, let known):
      self = .unsupported(parameter: key, instead: "known are \(known.joined(separator: ", "))")
    case .unreadable: preconditionFailure("a body is not a file")
    }
  }
}
