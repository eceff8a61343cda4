internal import CKernels

/// The vector instructions that kernels may use, the slowest first.
package enum InstructionSet: Int, CaseIterable, Sendable {
  /// Portable C.
  case scalar
  /// AVX2, FMA and F16C.
  case avx2
  /// Those and AVX-VNNI: client processors without AVX-512.
  case avxvnni
  /// Those of `avx2` and AVX-512 F, BW, VL, DQ and VNNI.
  case avx512vnni

  /// The best one of this machine.
  package static let best = available.last ?? .scalar

  /// Those that run on this machine, the slowest first.
  package static let available = allCases.filter { ck_supports($0.forC) != 0 }

  /// The name by which C knows it.
  var forC: CKInstructionSet { CKInstructionSet(UInt32(rawValue)) }
}
