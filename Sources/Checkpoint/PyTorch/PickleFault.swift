import Files

/// What the unpickler refuses, and at which byte of the file or of the archive's `data.pkl`.
package struct PickleFault: Error, Equatable {
  package enum Problem: Equatable, Sendable {
    /// The pickle ends, or reaches the largest size, before its STOP.
    case end
    /// An instruction that a state dict has no use for.
    case opcode(UInt8)
    /// A name that is none of the few that stand for tensors.
    case global(String)
    /// An instruction takes more values than there are, or values of another kind.
    case operands(String)
    /// The memo has nothing under the index.
    case memo(Int)
    /// Text that is not UTF-8.
    case text
    /// An integer of more than 64 bits.
    case integer
    /// More of something than a state dict needs.
    case tooMany(String, limit: Int)
  }

  package let offset: Int
  package let problem: Problem
}

extension PickleFault: CustomStringConvertible {
  package var description: String { "\(problem) (byte \(offset) of the pickle)" }
}

extension PickleFault.Problem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .end: "it ends in the middle, or has more than \(Unpickler.Limit.bytes) bytes"
    case .opcode(let byte):
      "instruction 0x\(byte.hexadecimal) does not belong into a state dict"
    case .global(let name):
      "it asks for \(name.quoted), which a state dict of tensors does not need; nothing was run"
    case .operands(let instruction): "\(instruction) does not find the values it needs"
    case .memo(let index): "nothing was stored under number \(index)"
    case .text: "text that is not UTF-8"
    case .integer: "an integer of more than 64 bits"
    case .tooMany(let things, let limit): "more than \(limit) \(things)"
    }
  }
}
