/// On how many GPUs a model is to run, and how they share it; nil stands for what was left out.
package struct GPUShare: Sendable, Equatable {
  package var count: Int?
  /// GPUs that share each matrix.
  package var tensor: Int?
  /// Groups of layers, one after the other.
  package var pipeline: Int?

  package init(count: Int? = nil, tensor: Int? = nil, pipeline: Int? = nil) {
    self.count = count
    self.tensor = tensor
    self.pipeline = pipeline
  }
}

extension GPUShare {
  /// The shares on several nodes, of which each has `count` GPUs or one; GPUs of several nodes share a
  /// matrix only where that is asked for.
  func resolved(
    nodes: Int, engine: any Engine, model: EngineModel, hasPipeline: Bool,
    splits: (EngineModel.Dimensions, Int) -> Bool
  ) throws(EngineError) -> (tensor: Int, pipeline: Int) {
    var all = self
    if nodes > 1 {
      let isStated = tensor != nil && pipeline != nil
      all.count = count.map { $0 * nodes } ?? (isStated ? nil : nodes)
      if tensor == nil, pipeline == nil {
        all.tensor = try GPUShare(count: count ?? 1).resolved(
          engine: engine, model: model, hasPipeline: hasPipeline, splits: splits
        ).tensor
      }
    }
    return try all.resolved(
      engine: engine, model: model, hasPipeline: hasPipeline, splits: splits)
  }

  /// The shares, with what was left out chosen: as many GPUs a matrix as can share it, and the others
  /// for groups of layers.
  ///
  /// - Parameters:
  ///   - engine: whose rules these are.
  ///   - model: what is shared.
  ///   - hasPipeline: whether the engine can share out layers.
  ///   - splits: whether so many GPUs can share each matrix.
  /// - Returns: both sizes.
  /// - Throws: `EngineError` where the engine cannot share the model so.
  func resolved(
    engine: any Engine, model: EngineModel, hasPipeline: Bool,
    splits: (EngineModel.Dimensions, Int) -> Bool
  ) throws(EngineError) -> (tensor: Int, pipeline: Int) {
    let legal = [1, 2, 4, 8, 16].filter { parts in
      parts == 1 || model.dimensions.map { splits($0, parts) } ?? true
    }
    if !hasPipeline, let pipeline, pipeline > 1 {
      throw .lacks(.pipelineParallelism, engine: engine.name)
    }
    let shares = [tensor, pipeline].compactMap(\.self).reduce(1, *)
    let count = count ?? shares
    guard count.isMultiple(of: shares) else {
      throw .otherCount(gpus: count, tensor: tensor ?? 1, pipeline: pipeline ?? 1)
    }
    let most = pipeline.map { count / $0 } ?? count
    let chosen =
      tensor
      ?? (pipeline == nil && hasPipeline
        ? legal.last { count.isMultiple(of: $0) } ?? 1 : most)
    guard legal.contains(chosen) else {
      throw .cannotSplit(
        model: model.name, engine: engine.name, parts: chosen, legal: legal,
        hasPipeline: hasPipeline)
    }
    let layers = pipeline ?? (hasPipeline ? count / chosen : 1)
    guard chosen * layers == count else {
      throw .otherCount(gpus: count, tensor: chosen, pipeline: layers)
    }
    if let all = model.dimensions?.layers, layers > all {
      throw .tooFewLayers(model: model.name, layers: all, parts: layers)
    }
    return (chosen, layers)
  }
}
