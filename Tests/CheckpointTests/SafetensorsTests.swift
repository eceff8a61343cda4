import Foundation
import JSON
import Kernels
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Safetensors")
struct SafetensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func error(_ bytes: [UInt8]) throws -> CheckpointError? {
    let file = try folder.write(bytes, to: "a.safetensors")
    return checkpointError { () throws(CheckpointError) in try SafetensorsFile(file) }
  }

  private func fault(_ header: String, data: [UInt8] = []) throws -> SafetensorsFault? {
    guard
      case .safetensors("a.safetensors", let fault)? = try error(safetensors(header, data: data))
    else { return nil }
    return fault
  }

  @Test("tensors, metadata, empty tensors and gaps between tensors are read")
  func reads() throws {
    let header = """
      {"__metadata__":{"format":"pt"},
       "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
       "none":{"dtype":"F16","shape":[0,7],"data_offsets":[8,8]},
       "scalar":{"dtype":"I64","shape":[],"data_offsets":[16,24]}}
      """
    let data = littleEndian(Float(1.5).bitPattern) + littleEndian(Float(-2).bitPattern)
    let file = try SafetensorsFile(
      folder.write(
        safetensors(header, data: data + [UInt8](repeating: 9, count: 8) + littleEndian(Int64(7))),
        to: "a.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.tensors["a"]?.floats() == [1.5, -2])
    #expect(try file.tensors["none"]?.floats() == [])
    #expect(file.tensors["none"]?.shape == [0, 7])
    #expect(file.tensors["scalar"]?.elementBytes == littleEndian(Int64(7)))
    #expect(file.tensors["scalar"]?.type == .int64)
  }

  @Test("every element type has its size", arguments: SafetensorsHeader.typeNames.keys.sorted())
  func elementTypes(name: String) throws {
    let type = try #require(SafetensorsHeader.typeNames[name])
    let size = 3 * type.byteCount
    let header = #"{"a":{"dtype":"\#(name)","shape":[3],"data_offsets":[0,\#(size)]}}"#
    let file = try SafetensorsFile(
      folder.write(safetensors(header, data: Array(repeating: 1, count: size)), to: "a.safetensors")
    )
    #expect(file.tensors["a"]?.type == type)
    #expect(file.tensors["a"]?.byteCount == size)
  }

  @Test("data that is not aligned to its elements is copied into place")
  func unaligned() throws {
    let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    for padding in 0..<4 {
      let padded = header + String(repeating: " ", count: padding)
      let file = try SafetensorsFile(
        folder.write(
          safetensors(
            padded, data: littleEndian(Float(3).bitPattern) + littleEndian(Float(4).bitPattern)),
          to: "a.safetensors"))
      let tensor = try #require(file.tensors["a"])
      #expect(tensor.isContiguous == ((8 + padded.utf8.count) % 4 == 0))
      #expect(try tensor.floats() == [3, 4])
      #expect(tensor.contiguous().isContiguous)
    }
  }

  @Test("an empty, zero-filled or cut file is an incomplete download")
  func incomplete() throws {
    let header = #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#
    let whole = safetensors(header, data: [1, 2, 3, 4])
    let name = "a.safetensors"
    #expect(try error([]) == .incomplete(file: name, .empty))
    #expect(try error([UInt8](repeating: 0, count: 4096)) == .incomplete(file: name, .zeros))
    #expect(
      try error(Array(whole.prefix(5)))
        == .incomplete(file: name, .headerCut(needed: 8, actual: 5)))
    #expect(
      try error(Array(whole.prefix(20)))
        == .incomplete(file: name, .headerCut(needed: 8 + header.utf8.count, actual: 20)))
    #expect(
      try error(Array(whole.dropLast()))
        == .incomplete(
          file: name, .tensorCut(tensor: "a", needed: whole.count, actual: whole.count - 1)))
  }

  @Test(
    "a header beyond the format's limit is refused", arguments: [100_000_001, 1 << 40, UInt64.max])
  func headerTooLarge(length: UInt64) throws {
    #expect(
      try error(littleEndian(length) + [1, 2, 3])
        == .safetensors(
          file: "a.safetensors", .headerTooLarge(bytes: length, limit: 100_000_000)))
  }

  @Test("a header that is not JSON is refused")
  func notJSON() throws {
    #expect(
      try fault("hello") == .header(JSONFault(offset: 0, problem: .unexpected(byte: 0x68))))
    #expect(try fault("[]") == .header(JSONFault(offset: 0, problem: .notAnObject)))
    #expect(
      try fault(#"{"a":1,"a":2}"#) == .header(JSONFault(offset: 7, problem: .duplicateKey("a"))))
  }

  @Test("metadata must be strings", arguments: ["1", "[]", #"{"a":1}"#])
  func metadata(value: String) throws {
    #expect(try fault(#"{"__metadata__":\#(value)}"#) == .metadata)
  }

  @Test(
    "an entry that lacks a part is refused",
    arguments: [
      ("1", "description"),
      (#"{"shape":[4],"data_offsets":[0,4]}"#, "dtype"),
      (#"{"dtype":3,"shape":[4],"data_offsets":[0,4]}"#, "dtype"),
      (#"{"dtype":"U8","data_offsets":[0,4]}"#, "shape"),
      (#"{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}"#, "shape"),
      (#"{"dtype":"U8","shape":[4.5],"data_offsets":[0,4]}"#, "shape"),
      (#"{"dtype":"U8","shape":[1e99],"data_offsets":[0,4]}"#, "shape"),
      (#"{"dtype":"U8","shape":[4]}"#, "data_offsets"),
      (#"{"dtype":"U8","shape":[4],"data_offsets":[0]}"#, "data_offsets"),
      (#"{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}"#, "data_offsets"),
      (#"{"dtype":"U8","shape":[4],"data_offsets":[0,9223372036854775807]}"#, "data_offsets"),
      (#"{"dtype":"U8","shape":[4],"data_offsets":[0,18446744073709551615]}"#, "data_offsets"),
    ])
  func entry(description: String, part: String) throws {
    #expect(try fault(#"{"a":\#(description)}"#) == .entry(tensor: "a", part: part))
  }

  @Test(
    "element types that weights cannot have are refused", arguments: ["Q7", "F64", "F8_E4M3", ""])
  func unknownType(name: String) throws {
    #expect(
      try fault(#"{"a":{"dtype":"\#(name)","shape":[1],"data_offsets":[0,1]}}"#)
        == .elementType(tensor: "a", name: name))
  }

  @Test(
    "shapes whose size overflows are refused",
    arguments: [
      [4_294_967_296, 4_294_967_296], [Int.max], [Int.max, 0, 2], [1 << 31, 1 << 31, 1 << 31],
    ])
  func shapeOverflow(shape: [Int]) throws {
    #expect(
      try fault(#"{"a":{"dtype":"I16","shape":\#(shape),"data_offsets":[0,0]}}"#)
        == .shapeOverflow(tensor: "a", shape: shape))
  }

  @Test("offsets must go forwards and give exactly the bytes that the shape needs")
  func offsets() throws {
    #expect(
      try fault(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#)
        == .backwards(tensor: "a", start: 4, end: 0))
    #expect(
      try fault(#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}"#)
        == .wrongSize(tensor: "a", shape: [4], needed: 16, given: 4))
  }

  @Test("tensors may not overlap")
  func overlap() throws {
    let header = """
      {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
       "none":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},
       "b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}
      """
    #expect(
      try fault(header, data: [0, 1, 2, 3, 4, 5, 6])
        == .overlap(tensor: "a", other: "b", offset: 3))
  }
}
