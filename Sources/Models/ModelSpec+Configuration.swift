package import InternVL
package import Registry

extension ModelSpec {
  /// What the spec's config.json says, as far as it decides sizes; nil where the registry has no
  /// dimensions.
  package var configuration: Configuration? {
    shape.map {
      Configuration(
        vision: VisionConfiguration($0.vision),
        language: LanguageConfiguration($0.language, quantization: format == .awq ? .awq : nil))
    }
  }

  /// Bytes of the tensors that have to be downloaded, apart from the configuration and the tokenizer
  /// (about 15 MB); nil where there is nothing to download, or the registry has no dimensions.
  package var downloadBytes: Int? {
    guard isOnHubs, let configuration else { return nil }
    return try? ModelPlan(configuration).storedBytes
  }

  /// The memory that it needs in its usual precision; nil where the registry has no dimensions.
  package func memory(contextLength: Int) -> MemoryNeed? {
    guard let configuration else { return nil }
    return try? ModelPlan(configuration).memory(ModelOptions(contextLength: contextLength))
  }
}

extension VisionConfiguration {
  fileprivate init(_ shape: VisionShape) {
    self.init(
      hidden: shape.hidden, layers: shape.layers, heads: shape.heads,
      intermediate: shape.intermediate, imageSize: shape.imageSize, patchSize: shape.patchSize,
      norm: shape.hasNormBias ? .layerNorm : .rmsNorm, hasQKVBias: shape.hasQKVBias,
      normalizesQK: shape.hasQKNorm)
  }
}

extension LanguageConfiguration {
  fileprivate init(_ shape: LanguageShape, quantization: Quantization?) {
    self.init(
      architecture: .init(shape.layout), hidden: shape.hidden, layers: shape.layers,
      heads: shape.heads, keyValueHeads: shape.kvHeads,
      headWidth: shape.headWidth, intermediate: shape.intermediate, vocabulary: shape.vocabulary,
      isTied: shape.isTied, quantization: quantization)
  }
}

extension LanguageConfiguration.Architecture {
  fileprivate init(_ layout: LanguageShape.Layout) {
    switch layout {
    case .qwen2: self = .qwen2
    case .qwen3: self = .qwen3
    case .internlm2: self = .internLM2
    }
  }
}
