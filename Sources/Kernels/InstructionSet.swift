internal import CKernels

/// The vector instructions that kernels may use, a list for each architecture.
package enum InstructionSet: Int, CaseIterable, Sendable {
  /// Portable C.
  case scalar
  /// AVX2, FMA and F16C.
  case avx2
  /// Those and AVX-VNNI: client processors without AVX-512.
  case avxvnni
  /// Those of `avx2` and AVX-512 F, BW, VL, DQ and VNNI.
  case avx512vnni

  /// The fastest one of this machine.
  package static let best = available.first ?? .scalar

  /// Those that run on this machine, the fastest first.
  package static let available = fastestFirst.filter { ck_supports($0.forC) != 0 }

  /// All of them; a machine has those of its own architecture and portable C at most.
  static let fastestFirst: [InstructionSet] = [.avx512vnni, .avxvnni, .avx2, .scalar]

  /// Its table of kernels.
  var kernels: UnsafePointer<CKKernels> { Self.tables + rawValue }

  // Unsafe only by type: filled before the first use, and never written again.
  nonisolated(unsafe) private static let tables: UnsafePointer<CKKernels> = {
    let tables = UnsafeMutablePointer<CKKernels>.allocate(capacity: allCases.count)
    for set in allCases {
      (tables + set.rawValue).initialize(to: CKKernels())
      ck_fill_kernels(tables + set.rawValue, set.forC)
    }
    return UnsafePointer(tables)
  }()

  /// The name by which C knows it.
  private var forC: CKInstructionSet { CKInstructionSet(UInt32(rawValue)) }
}
