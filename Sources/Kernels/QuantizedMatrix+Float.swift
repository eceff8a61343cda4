internal import CKernels

extension QuantizedMatrix {
  /// Unpacks the weights of one output into `output`, `[columns]`.
  func copyRow(_ row: Int, into output: UnsafeMutablePointer<Float>) {
    let width = QuantizedLayout.panelRows
    let groupColumns = QuantizedLayout.groupColumns
    let block = AlignedMemory(bytes: groupColumns * width * MemoryLayout<Float>.stride)
    let weights = block.base.assumingMemoryBound(to: Float.self)
    for group in 0..<layout.groups {
      ck_unpack_panel_float(
        self.block(panel: row / width, group: group), Int32(layout.bits), weights,
        InstructionSet.best.forC)
      for column in group * groupColumns..<min((group + 1) * groupColumns, columns) {
        output[column] = weights[column % groupColumns * width + row % width]
      }
    }
  }
}
