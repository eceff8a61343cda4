extension WeightMatrix {
  /// Bytes that the weights take.
  package var byteCount: Int {
    switch storage {
    case .float(_, let type): rows * columns * type.byteCount
    case .quantized(let matrix): matrix.layout.byteCount
    }
  }
}
