package import Files
package import InternVL
package import OpenAIMessages

/// Why a request is not answered, or a server does not run.
package enum ServerError: Error {
  /// The request has to be changed.
  case request(RequestFault)
  /// The conversation is not one that the model can be asked.
  case conversation(InternVLError)
  /// A picture, counted from 1, cannot be read.
  case picture(Int, any Error)
  /// Pictures that with one tile each have at least as many tokens as the context.
  case tooManyPictures(Int, tokens: Int, context: Int)
  case unknownRoute(String)
  case wrongMethod(String, allowed: [String])
  case unknownModel(String, known: [String])
  case noModelNamed(known: [String])
  case unauthorized
  /// A web page of this origin may not ask.
  case originNotAllowed(String)
  /// The request is for a host of another name.
  case hostNotAllowed(String)
  /// A body is longer than this.
  case bodyTooLarge(bytes: Int)
  /// The body did not come to its end in time.
  case bodyTooSlow(seconds: Int)
  /// The body ends before its end, or its chunks are malformed.
  case brokenBody
  /// All places are taken, of the answers or of the queue.
  case full
  /// A model cannot be loaded now, or at all.
  case unloadable(model: String, any Error)
  /// The model failed while it answered.
  case failed(InternVLError)
  /// A file has no certificate in PEM.
  case noCertificate(path: String, reason: String)
  /// A file has no private key in PEM, or one with a passphrase.
  case noKey(path: String, reason: String)
  /// A key belongs to another certificate.
  case otherKey(path: String, certificate: String)
  /// The address cannot be listened on.
  case notListening(FileError.Reason)
  /// The server stops.
  case stopping
  /// The client went away; nobody reads the answer.
  case gone
}

extension ServerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .request(let fault): "\(fault)"
    case .conversation(let error), .failed(let error): "\(error)"
    case .picture(let number, let error): "picture \(number): \(error)"
    case .tooManyPictures(let count, let tokens, let context):
      "\(count) pictures take at least \(tokens) tokens but the context holds \(context)"
    case .unknownRoute(let path): "there is no '\(path)'; see /openapi.json"
    case .wrongMethod(let path, let allowed):
      "'\(path)' takes \(allowed.joined(separator: " or "))"
    case .unknownModel(let name, let known):
      "there is no model '\(name)'; there are \(known.joined(separator: ", "))"
    case .noModelNamed(let known): "model is missing; there are \(known.joined(separator: ", "))"
    case .unauthorized: "the API key is missing or wrong; send 'Authorization: Bearer KEY'"
    case .originNotAllowed(let origin): "web pages of \(origin.printable) may not ask this server"
    case .hostNotAllowed(let host): "this server is not \(host.printable); ask for localhost"
    case .bodyTooLarge(let bytes): "the body has more than \(bytes) bytes"
    case .bodyTooSlow(let seconds): "the body took more than \(seconds) seconds"
    case .brokenBody: "the body is not as long as its head says, or its chunks are malformed"
    case .full: "all places are taken; ask again later"
    case .unloadable(let model, let error): "\(model) cannot be loaded: \(error)"
    case .noCertificate(let path, let reason):
      "'\(path)' has no certificate in PEM that can be used (\(reason))"
    case .noKey(let path, let reason):
      "'\(path)' has no private key in PEM without a passphrase (\(reason))"
    case .otherKey(let path, let certificate):
      "'\(path)' is not the key of the certificate in '\(certificate)'"
    case .notListening(let reason): "cannot listen there: \(reason)"
    case .stopping: "the server stops"
    case .gone: "the client went away"
    }
  }
}
