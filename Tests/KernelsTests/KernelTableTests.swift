import CKernels
import Testing

@testable import Kernels

@Suite("Table of kernels")
struct KernelTableTests {
  /// The rows of a set's table, as addresses.
  private func rows(_ set: InstructionSet) -> [UInt] {
    withUnsafeBytes(of: set.kernels.pointee) { Array($0.bindMemory(to: UInt.self)) }
  }

  @Test("no row of any set is empty", arguments: InstructionSet.allCases)
  func complete(set: InstructionSet) {
    #expect(!rows(set).contains(0))
  }

  @Test(
    "every vector set overrides portable rows",
    arguments: InstructionSet.available.filter { $0 != .scalar })
  func overrides(set: InstructionSet) {
    #expect(rows(set) != rows(.scalar))
  }

  @Test("every set has its place among the others")
  func order() {
    #expect(Set(InstructionSet.fastestFirst) == Set(InstructionSet.allCases))
    #expect(InstructionSet.available.first == InstructionSet.best)
    #expect(InstructionSet.available.last == .scalar)
  }
}
