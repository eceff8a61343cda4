import JSON
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Rotary position embedding, with the "dynamic" rule for long sequences.
///
/// Source: Su et al., "RoFormer" (2021); the dynamic rule as in transformers'
/// `_compute_dynamic_ntk_parameters` and OpenGVLab's modeling_internlm2.py.
public struct RotaryConfiguration: Sendable, Equatable {
  /// Width of a head; half as many angles.
  public let headWidth: Int
  /// Base of the frequencies (`rope_theta`).
  public let theta: Double
  /// Positions up to which the base stays as it is (`max_position_embeddings`).
  public let maximumPositions: Int
  /// Factor of the dynamic rule; nil where positions beyond the maximum change nothing.
  public let dynamicFactor: Double?
  /// Whether the growth is computed in double precision, as InternLM2's own code does; the
  /// other architectures' code uses float32.
  let growsInDouble: Bool

  /// The positions of the published models with Qwen2.
  init(headWidth: Int) {
    self.headWidth = headWidth
    theta = 1e6
    maximumPositions = 32_768
    dynamicFactor = nil
    growsInDouble = false
  }

  init(_ object: JSONObject, headWidth: Int, growsInDouble: Bool) throws(JSONError) {
    self.headWidth = headWidth
    self.growsInDouble = growsInDouble
    // Newer transformers write theta and scaling into one object.
    let parameters = try object.optionalObject("rope_parameters")
    theta = try (parameters ?? object).number("rope_theta", in: 1...1e12)
    maximumPositions = try object.integer(
      "max_position_embeddings", in: 1...16_777_216, default: 32_768)
    guard let scaling = parameters != nil ? parameters : try object.optionalObject("rope_scaling")
    else {
      dynamicFactor = nil
      return
    }
    let key = try scaling.optionalString("rope_type") == nil ? "type" : "rope_type"
    switch try scaling.optionalString(key) {
    case nil, "default": dynamicFactor = nil
    case "dynamic":
      guard headWidth > 2 else { throw object.invalid("head_dim", expected: "more than 2") }
      dynamicFactor = try scaling.number("factor", in: 1...1024)
    case .some: throw scaling.invalid(key, expected: "dynamic or default")
    }
  }

  /// Whether a sequence of `length` positions is beyond what the plain base covers.
  package func isExtended(length: Int) -> Bool {
    dynamicFactor != nil && length > maximumPositions
  }

  /// Inverse frequencies `[headWidth / 2]` for a sequence of `length` positions.
  ///
  /// Plain up to `maximumPositions`; beyond it the base is
  /// θ · (factor · length / maximum − (factor − 1)) ^ (d / (d − 2)).
  func inverseFrequencies(length: Int) -> [Float] {
    var base = theta
    if let factor = dynamicFactor, length > maximumPositions {
      let width = Double(headWidth)
      let exponent = width / (width - 2)
      if growsInDouble {
        let growth = factor * Double(length) / Double(maximumPositions) - (factor - 1)
        base = theta * pow(growth, exponent)
      } else {
        let growth =
          Float(factor * Double(length)) / Float(maximumPositions) - Float(factor - 1)
        base = Double(Float(theta) * powf(growth, Float(exponent)))
      }
    }
    return (0..<headWidth / 2).map { index in
      1 / powf(Float(base), Float(2 * index) / Float(headWidth))
    }
  }

  /// Appends cos and sin of the angles of one position, `headWidth / 2` each.
  static func appendAngles(
    of position: Int, frequencies: [Float], cosines: inout [Float], sines: inout [Float]
  ) {
    for frequency in frequencies {
      let angle = Float(position) * frequency
      cosines.append(cosf(angle))
      sines.append(sinf(angle))
    }
  }
}
