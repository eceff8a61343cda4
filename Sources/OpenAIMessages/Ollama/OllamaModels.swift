import JSON

/// What ollama's clients are told about a model; what is not known is left out.
package struct OllamaDetails: Encodable, Sendable {
  package let format: String?
  package let family: String?
  package let families: [String]?
  package let parameterSize: String?
  package let quantizationLevel: String?

  package init(format: String?, family: String?, parameterSize: String?, quantization: String?) {
    self.format = format
    self.family = family
    families = family.map { [$0] }
    self.parameterSize = parameterSize
    quantizationLevel = quantization
  }
}

/// The models of a server in ollama's form.
package struct OllamaTags: Encodable, Sendable {
  package struct Model: Encodable, Sendable {
    package let name: String
    package let model: String
    package let modifiedAt: String
    package let details: OllamaDetails

    package init(name: String, date: String, details: OllamaDetails) {
      self.name = name
      model = name
      modifiedAt = date
      self.details = details
    }
  }

  package let models: [Model]

  package init(_ models: [Model]) { self.models = models }
}

/// One model in ollama's form.
package struct OllamaShow: Encodable, Sendable {
  package struct Info: Encodable, Sendable {
    package let architecture = "internvl"
    package let contextLength: Int

    private enum CodingKeys: String, CodingKey {
      case architecture = "general.architecture"
      case contextLength = "internvl.context_length"
    }
  }

  package let modifiedAt: String
  package let details: OllamaDetails
  package let modelInfo: Info
  package let capabilities = ["completion", "vision"]

  package init(date: String, details: OllamaDetails, contextLength: Int) {
    modifiedAt = date
    self.details = details
    modelInfo = Info(contextLength: contextLength)
  }
}

/// Reads which model `/api/show` is asked about.
package enum OllamaShowRequest {
  package static func model(_ body: [UInt8]) throws(RequestFault) -> String {
    try RequestFault.reading(body) { object in
      try object.optionalString("model") ?? object.optionalString("name")
        ?? object.string("model")
    }
  }
}
