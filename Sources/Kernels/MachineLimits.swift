internal import CKernels

/// What the machine can do at most, measured: kernels are compared with it.
package struct MachineLimits: Sendable {
  /// Memory read by all lanes together, in bytes a second.
  package let readBytes: Double
  /// Int8 operations a second, two for a multiply-accumulate.
  package let int8Operations: Double
  /// Float32 operations a second, two for a multiply-add.
  package let floatOperations: Double
}

/// Measures what the machine can do, as often as asked.
///
/// It reads the same gigabyte every time, so that a cache of 32 MB does not count (it made 256 MB look 6 %
/// faster). The gigabyte is kept between measurements. Freed, a virtual machine would give it back to its
/// host two seconds later (Linux: free page reporting), and stall in the middle of what is timed then.
package final class LimitMeter {
  private static let block = 1 << 20

  private let compute: Compute
  private let memory = AlignedMemory(bytes: 1 << 30)

  package init(_ compute: Compute) {
    self.compute = compute
    forEachShare { share in share.initializeMemory(as: UInt8.self, repeating: 1) }
  }

  /// Measures for some tenths of a second: medians of five runs, every lane on its own share.
  package func measure() -> MachineLimits {
    nonisolated(unsafe) let kernels = compute.kernels
    let readBytes = Self.median {
      forEachShare { share in _ = kernels.pointee.read_memory(share.baseAddress, share.count) }
      return Double(memory.bytes)
    }
    let rounds = 1_000_000
    let int8Operations = Self.median {
      compute.forEachLane(of: compute.lanes) { _ in _ = kernels.pointee.run_int8(rounds) }
      return Double(compute.lanes * rounds) * kernels.pointee.run_int8(1)
    }
    let floatOperations = Self.median {
      compute.forEachLane(of: compute.lanes) { _ in _ = kernels.pointee.run_float(rounds) }
      return Double(compute.lanes * rounds) * kernels.pointee.run_float(1)
    }
    return MachineLimits(
      readBytes: readBytes, int8Operations: int8Operations, floatOperations: floatOperations)
  }

  /// Runs `body` on every lane's share of the memory.
  private func forEachShare(_ body: @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
    compute.forEachLane(of: memory.bytes / Self.block) { [memory] blocks in
      let start = memory.base + blocks.lowerBound * Self.block
      body(.init(start: start, count: blocks.count * Self.block))
    }
  }

  /// The median rate of five runs of something that returns how much it did.
  private static func median(_ run: () -> Double) -> Double {
    _ = run()
    let rates = (0..<5).map { _ in
      let started = ContinuousClock.now
      let work = run()
      return work / ((ContinuousClock.now - started) / .seconds(1))
    }
    return rates.sorted()[2]
  }
}
