internal import CKernels

/// What the machine can do at most, measured: kernels are compared with it.
package struct MachineLimits: Sendable {
  /// Memory read by all lanes together, in bytes a second.
  package let readBytes: Double
  /// Int8 operations a second, two for a multiply-accumulate.
  package let int8Operations: Double
  /// Float32 operations a second, two for a multiply-add.
  package let floatOperations: Double

  /// Measures for some tenths of a second: medians of five runs, every lane on its own share.
  ///
  /// Memory is a gigabyte: of 256 MB, 32 MB of cache kept so much that they were read 6 % faster.
  package init(_ compute: Compute) {
    let memory = AlignedMemory(bytes: 1 << 30)
    nonisolated(unsafe) let base = memory.base
    let set = compute.instructionSet.forC
    let block = 1 << 20
    compute.forEachLane(of: memory.bytes / block) { blocks in
      (base + blocks.lowerBound * block).initializeMemory(
        as: UInt8.self, repeating: 1, count: blocks.count * block)
    }
    readBytes = Self.median {
      compute.forEachLane(of: memory.bytes / block) { blocks in
        _ = ck_read_memory(base + blocks.lowerBound * block, blocks.count * block, set)
      }
      return Double(memory.bytes)
    }
    let rounds = 1_000_000
    int8Operations = Self.median {
      compute.forEachLane(of: compute.lanes) { _ in _ = ck_run_int8(rounds, set) }
      return Double(compute.lanes * rounds) * ck_run_int8(1, set)
    }
    floatOperations = Self.median {
      compute.forEachLane(of: compute.lanes) { _ in _ = ck_run_float(rounds, set) }
      return Double(compute.lanes * rounds) * ck_run_float(1, set)
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
