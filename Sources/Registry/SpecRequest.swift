/// What the user asked for; nil stands for what was left out.
package struct SpecRequest: Sendable, Equatable {
  package var family: String?
  package var size: ModelSize?
  package var format: ModelFormat?
  package var quantization: String?

  package init(
    family: String? = nil, size: ModelSize? = nil, format: ModelFormat? = nil,
    quantization: String? = nil
  ) {
    self.family = family
    self.size = size
    self.format = format
    self.quantization = quantization
  }

  /// Whether a spec matches the request.
  package func allows(_ spec: ModelSpec) -> Bool {
    (family.map { $0.lowercased() == spec.family.lowercased() } ?? true)
      && (size.map { $0 == spec.size } ?? true)
      && (format.map { $0 == spec.format } ?? true)
      && (quantization.map { $0.lowercased() == spec.quantization.lowercased() } ?? true)
  }

  /// Whether nothing was left out.
  package var isComplete: Bool {
    family != nil && size != nil && format != nil && quantization != nil
  }

  /// "size 8, format awq", without the family.
  var wanted: String {
    [
      size.map { "size \($0)" }, format.map { "format \($0.rawValue)" },
      quantization.map { "quantization \($0)" },
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// Adds what another part of the command line says; nil when the two exclude each other.
  package func joined(with other: SpecRequest) -> SpecRequest? {
    func agree<Value: Equatable>(_ left: Value?, _ right: Value?) -> Bool {
      left == nil || right == nil || left == right
    }
    guard agree(family?.lowercased(), other.family?.lowercased()), agree(size, other.size),
      agree(format, other.format),
      agree(quantization?.lowercased(), other.quantization?.lowercased())
    else { return nil }
    return SpecRequest(
      family: family ?? other.family, size: size ?? other.size, format: format ?? other.format,
      quantization: quantization ?? other.quantization)
  }
}

extension Registry {
  /// Reads a model's name.
  ///
  /// That is a family ("InternVL3"), a repository with or without its owner
  /// ("OpenGVLab/InternVL3-8B-AWQ"), or parts of one ("8b-awq", "InternVL3-8B-Int4"), in upper
  /// or lower case.
  package func request(named name: String) throws(RegistryError) -> SpecRequest {
    let wanted = name.lowercased()
    if let family = families.first(where: { $0.name.lowercased() == wanted }) {
      return SpecRequest(family: family.name)
    }
    for spec in families.flatMap(\.specs) {
      let ids = HubName.allCases.compactMap { spec.hubModel($0)?.id.lowercased() }
      if spec.name.lowercased() == wanted || ids.contains(wanted) {
        return SpecRequest(
          family: spec.family, size: spec.size, format: spec.format,
          quantization: spec.quantization)
      }
    }

    var request = SpecRequest()
    var rest = Substring(wanted)
    let families = families.sorted { $0.name.count > $1.name.count }
    if let family = families.first(where: { wanted.hasPrefix($0.name.lowercased() + "-") }) {
      request.family = family.name
      rest = rest.dropFirst(family.name.count + 1)
    }
    for word in rest.split(separator: "-", omittingEmptySubsequences: false) {
      let part: SpecRequest
      if let size = ModelSize(word) {
        part = SpecRequest(size: size)
      } else if let format = ModelFormat(rawValue: String(word)) {
        part = SpecRequest(format: format)
      } else if let known = quantization(named: word) {
        part = SpecRequest(quantization: known)
      } else {
        throw .unknownName(name, known: names)
      }
      guard let joined = request.joined(with: part) else {
        throw .contradiction(name, specs: names)
      }
      request = joined
    }
    return request
  }

  /// The name of every spec, in the files' order.
  private var names: [String] { families.flatMap(\.specs).map(\.name) }

  private func quantization(named word: Substring) -> String? {
    families.flatMap(\.specs).first { $0.quantization.lowercased() == word }?.quantization
  }
}
