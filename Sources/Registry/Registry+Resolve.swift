/// What is known of a spec on this machine.
package struct SpecStanding: Sendable, Equatable {
  /// Whether the checkpoint is on this machine.
  package var isHere: Bool
  /// Whether it fits in memory; true when that is not known.
  package var fits: Bool

  package init(isHere: Bool, fits: Bool) {
    self.isHere = isHere
    self.fits = fits
  }
}

/// The spec that a request means.
package struct Resolution: Sendable, Equatable {
  package let family: ModelFamily
  package let spec: ModelSpec
  /// Why this spec was taken, where the request left a choice.
  package let reasons: [Reason]

  /// Why one of several specs was taken.
  package enum Reason: Sendable, Equatable {
    case largestThatIsReady
    case smallestSize
    case isHere
    case unquantizedFits
    case unquantizedDoesNotFit
    case smallestFormat
  }
}

extension Resolution.Reason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .largestThatIsReady: "the largest on this machine that fits in memory"
    case .smallestSize: "the smallest size"
    case .isHere: "it is on this machine"
    case .unquantizedFits: "the unquantised weights fit in memory"
    case .unquantizedDoesNotFit: "the unquantised weights do not fit in memory"
    case .smallestFormat: "no format fits in memory, and this one is the smallest"
    }
  }
}

extension Registry {
  /// Finds the one spec that a request means.
  ///
  /// What was left out is chosen: the first family; without a size the largest one that is on
  /// this machine and fits in memory, else the smallest; without a format what is on this
  /// machine and fits, else the unquantised weights if they fit, else the quantised ones.
  /// `standing` says what is known of a spec on this machine.
  package func resolve(
    _ request: SpecRequest, standing: (ModelSpec) -> SpecStanding
  ) throws(RegistryError) -> Resolution {
    let family = try self.family(request.family)
    let candidates = family.specs.filter(request.allows).map {
      Candidate(spec: $0, standing: standing($0))
    }
    guard let first = candidates.first else { throw missing(request, in: family) }
    var reasons: [Resolution.Reason] = []
    let size = request.size ?? Self.chooseSize(candidates, reasons: &reasons) ?? first.spec.size
    let formats = candidates.filter { $0.spec.size == size }
    let chosen = Self.chooseFormat(formats, reasons: &reasons) ?? first
    return Resolution(family: family, spec: chosen.spec, reasons: reasons)
  }

  private struct Candidate {
    let spec: ModelSpec
    let standing: SpecStanding
    var isReady: Bool { standing.isHere && standing.fits }
  }

  private static func chooseSize(
    _ candidates: [Candidate], reasons: inout [Resolution.Reason]
  ) -> ModelSize? {
    let sizes = Set(candidates.map(\.spec.size))
    guard sizes.count > 1 else { return sizes.first }
    if let largest = candidates.filter(\.isReady).map(\.spec.size).max() {
      reasons.append(.largestThatIsReady)
      return largest
    }
    reasons.append(.smallestSize)
    return sizes.min()
  }

  /// Takes one of the formats of one size, which a registry lists unquantised first.
  private static func chooseFormat(
    _ formats: [Candidate], reasons: inout [Resolution.Reason]
  ) -> Candidate? {
    guard formats.count > 1, let largest = formats.first, let smallest = formats.last else {
      return formats.first
    }
    if let ready = formats.first(where: \.isReady) {
      reasons.append(.isHere)
      return ready
    }
    if largest.standing.fits {
      reasons.append(.unquantizedFits)
      return largest
    }
    guard let fitting = formats.first(where: \.standing.fits) else {
      reasons.append(.smallestFormat)
      return smallest
    }
    reasons.append(.unquantizedDoesNotFit)
    return fitting
  }

  private func family(_ name: String?) throws(RegistryError) -> ModelFamily {
    guard let name else {
      guard let first = families.first else { throw .unknownName("", known: []) }
      return first
    }
    guard let family = families.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw .unknownName(name, known: families.map(\.name))
    }
    return family
  }

  /// Says which part of a request has no match, and what exists in its place.
  private func missing(_ request: SpecRequest, in family: ModelFamily) -> RegistryError {
    var bySize = SpecRequest()
    bySize.size = request.size
    let sameSize = family.specs.filter(bySize.allows)
    guard sameSize.isEmpty else {
      return .noSuchSpec(
        family: family.name, wanted: request.wanted, specs: sameSize.map(\.line))
    }
    let sizes = Set(family.specs.map(\.size)).sorted().map(\.description)
    return .noSuchSpec(
      family: family.name, wanted: request.wanted,
      specs: ["size " + sizes.joined(separator: ", ") + " (billions of parameters)"])
  }
}

extension ModelSpec {
  /// "InternVL3-8B-AWQ (size 8, format awq, quantization Int4)".
  package var line: String {
    "\(name) (size \(size), format \(format.rawValue), quantization \(quantization))"
  }
}
