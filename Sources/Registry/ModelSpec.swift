package import FoundationEssentials

/// How a checkpoint stores its weights.
package enum ModelFormat: String, Sendable, Codable, CaseIterable {
  /// Unquantised weights, two bytes each (bfloat16 or float16).
  case pytorch
  /// AWQ: decoder matrices in 4 bits with one scale and zero point per 128 inputs.
  case awq
}

/// A model's size in billions of parameters as in its name, which is not the exact count.
package struct ModelSize: Sendable, Hashable, Comparable {
  package let billions: Double

  package init(_ billions: Double) { self.billions = billions }

  /// Reads "8", "8B" or "0.5b"; nil when the text is not a positive number.
  package init?(_ text: some StringProtocol) {
    let digits = text.last?.lowercased() == "b" ? text.dropLast() : text[...]
    guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
      let billions = Double(digits), billions > 0
    else { return nil }
    self.billions = billions
  }

  package static func < (left: ModelSize, right: ModelSize) -> Bool {
    left.billions < right.billions
  }
}

extension ModelSize: CustomStringConvertible {
  /// The number alone: "8", "0.5".
  package var description: String {
    billions == billions.rounded() && billions < 1e6
      ? String(Int(billions)) : String(billions)
  }
}

/// A hub that serves checkpoints.
package enum HubName: String, Sendable, Codable, CaseIterable {
  case huggingface
  case modelscope
}

/// Where a hub keeps a checkpoint.
package struct HubModel: Sendable, Equatable {
  /// Owner and name: "OpenGVLab/InternVL3-8B".
  package let id: String
  /// A branch, tag or commit; nil for the hub's default.
  package let revision: String?
}

/// Where a spec's checkpoint comes from.
package enum ModelSource: Sendable, Equatable {
  /// One or both hubs.
  case hubs([HubName: HubModel])
  /// A folder of this machine, as the registry writes it; `base` is the folder of the user's
  /// registry file, nil when the entry is built in and belongs to the program's own data.
  case folder(String, base: URL?)
}

/// One checkpoint of a family: a size in one format and quantization.
package struct ModelSpec: Sendable, Equatable {
  /// The name of the family that the spec belongs to.
  package let family: String
  package let size: ModelSize
  package let format: ModelFormat
  /// The name of the quantization: "none", "Int4".
  package let quantization: String
  package let source: ModelSource
  /// The network's dimensions; nil when the registry does not state them.
  package let shape: ModelShape?

  /// The repository's name without its owner ("InternVL3-8B-AWQ"), or the family's name for a
  /// checkpoint in a folder.
  package var name: String {
    guard case .hubs(let hubs) = source, let id = hubs[.huggingface]?.id ?? hubs.first?.value.id
    else { return family }
    return String(id.split(separator: "/").last ?? Substring(id))
  }

  /// Whether the checkpoint is downloaded, and not part of the program or the user's own folders.
  package var isOnHubs: Bool {
    if case .hubs = source { true } else { false }
  }

  /// The repository's id at a hub.
  package func hubModel(_ hub: HubName) -> HubModel? {
    guard case .hubs(let hubs) = source else { return nil }
    return hubs[hub]
  }
}

/// Checkpoints that share a name, a template and a description.
package struct ModelFamily: Sendable, Equatable {
  package let name: String
  /// The length in tokens that the family is offered with.
  package let contextLength: Int
  package let languages: [String]
  package let abilities: [String]
  package let summary: String
  package let specs: [ModelSpec]
}
