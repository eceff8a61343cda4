/// Why a model could not be loaded or could not answer.
public enum InternVLError: Error {
  /// A file of the checkpoint is missing, damaged or not supported.
  case checkpoint(any Error)
  /// A picture could not be read.
  case image(any Error)
  /// The tokenizer's files are missing or damaged.
  case tokenizer(any Error)
  /// A layer that is stored in 4 bits cannot be used.
  case quantized(layer: String, QuantizationFault)
  /// An adapter does not go with the checkpoint, or is of a kind that is not built.
  case adapter(name: String, AdapterFault)
  /// The tokenizer lacks a token that the conversation template needs.
  case missingToken(String)
  /// The text has another number of `<image>` placeholders than there are pictures.
  case placeholders(count: Int, images: Int)
  /// The text holds a token that stands for image content and may not be typed.
  case reservedToken(String)
  /// The conversation has no message from the user at its end.
  case emptyConversation
  /// The prompt does not fit into the context.
  case promptTooLong(tokens: Int, context: Int)
  /// The text holds a token that the model has no embedding for.
  case unknownToken(String, id: Int32, vocabulary: Int)
  /// A shape's schema is damaged, needs what is not built, or fits no value.
  case shape(any Error)
  /// The shortest answer of a shape takes more tokens than an answer may have.
  case shapeTooLong(tokens: Int, limit: Int)
  /// A hidden state is infinite or NaN.
  case notFinite
  /// The caller cancelled the loading.
  case cancelled
  /// A dump of intermediate tensors could not be written.
  case dump(any Error)
}

extension InternVLError: CustomStringConvertible {
  /// The sentence for the user: what is wrong and where.
  public var description: String {
    switch self {
    case .checkpoint(let error), .image(let error), .tokenizer(let error), .dump(let error),
      .shape(let error):
      "\(error)"
    case .quantized(let layer, let fault):
      "'\(layer)', which is stored in 4 bits, cannot be used: \(fault)"
    case .adapter(let name, let fault): "the adapter '\(name)' cannot be used: \(fault)"
    case .missingToken(let token):
      "the tokenizer has no token '\(token)'; the folder is not a complete InternVL3 checkpoint"
    case .placeholders(let count, let images):
      "the text has \(count) <image> placeholder\(count == 1 ? "" : "s") but there "
        + "\(images == 1 ? "is 1 image" : "are \(images) images"); give one image for each"
    case .reservedToken(let token):
      "the text holds the reserved token \(token), which stands for image content; remove it"
    case .emptyConversation:
      "the conversation does not end with a message from the user"
    case .unknownToken(let text, let id, let vocabulary):
      "the text holds '\(text)', which is token \(id), but the model has only \(vocabulary) tokens; "
        + "the folder's tokenizer and weights do not belong together"
    case .shapeTooLong(let tokens, let limit):
      "the shortest answer of this shape has \(tokens) tokens, but an answer may have \(limit)"
    case .cancelled: "loading was cancelled"
    case .notFinite:
      "the model computed a value that is infinite or NaN; its weights are damaged"
    case .promptTooLong(let tokens, let context):
      "the prompt has \(tokens) tokens but the context holds \(context)"
    }
  }
}
