import Checkpoint

extension CheckpointFolder {
  /// Takes the adapter out of a checkpoint that OpenGVLab's scripts trained with `use_llm_lora` or
  /// `use_backbone_lora`, and did not merge.
  ///
  /// - Returns: the checkpoint with its tensors under their plain names, and the adapter's tensors, none
  ///   for all other checkpoints.
  func splitAdapter() -> (checkpoint: CheckpointFolder, adapter: [String: StoredTensor]) {
    let adapter = tensors.filter { $0.key.contains(".lora_") }
    guard !adapter.isEmpty else { return (self, [:]) }
    func plain(_ name: String) -> String {
      name.replacing("base_model.model.", with: "").replacing(".base_layer.", with: ".")
    }
    return (
      renamed { adapter[$0] == nil ? plain($0) : nil },
      Dictionary(adapter.map { (plain($0.key), $0.value) }) { first, _ in first }
    )
  }
}
