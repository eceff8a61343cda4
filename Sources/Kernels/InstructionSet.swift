internal import CKernels

/// The vector instructions that kernels may use; each one includes those before it.
package enum InstructionSet: Int, CaseIterable, Comparable, Sendable {
  /// Portable C.
  case scalar
  /// AVX2, FMA and F16C.
  case avx2
  /// AVX-512 F, BW, VL, DQ and VNNI.
  case avx512vnni

  /// The best one of this machine.
  package static let best =
    InstructionSet(rawValue: Int(ck_best_instruction_set().rawValue)) ?? .scalar

  /// Those that run on this machine, the simplest first.
  package static var available: [InstructionSet] { allCases.filter { $0 <= best } }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The name by which C knows it.
  var forC: CKInstructionSet { CKInstructionSet(UInt32(rawValue)) }
}
