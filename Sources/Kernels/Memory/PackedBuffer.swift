/// Memory for packed weights: 64-byte aligned, on huge pages where the system has them.
package final class PackedBuffer: Sendable {
  private let memory: AlignedMemory

  /// Reserves memory; it is resident only once it is written.
  package init(byteCount: Int) { memory = AlignedMemory(bytes: byteCount) }

  /// The first byte.
  package var pointer: UnsafeMutableRawPointer { memory.base }
}
