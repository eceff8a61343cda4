import Foundation
@testable import Kernels
import Synchronization
import Testing

@Suite("Lanes")
struct ComputeTests {
  @Test(
    "every element is visited once, in ranges that begin at multiples of the grain",
    arguments: [1, 2, 3, 8], [(0, 1), (1, 1), (7, 1), (7, 4), (64, 16), (65, 16), (1000, 3)])
  func coversEveryElement(lanes: Int, shape: (count: Int, grain: Int)) {
    let compute = Compute(lanes: lanes)
    let ranges = Ranges()
    compute.forEachLane(of: shape.count, grain: shape.grain) { ranges.append($0) }
    let sorted = ranges.all.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.count <= lanes)
    #expect(sorted.flatMap { Array($0) } == Array(0..<shape.count))
    #expect(sorted.allSatisfy { $0.lowerBound % shape.grain == 0 && !$0.isEmpty })
  }

  @Test(
    "parts cover every element once and begin at multiples of the grain, whoever takes them",
    arguments: [1, 2, 3, 8], [(0, 1), (1, 1), (7, 4), (64, 16), (65, 16), (1000, 3)])
  func partsCoverEveryElement(lanes: Int, shape: (count: Int, grain: Int)) {
    let compute = Compute(lanes: lanes)
    let ranges = Ranges()
    compute.forEachPart(of: shape.count, grain: shape.grain) { part, _ in ranges.append(part) }
    let sorted = ranges.all.sorted { $0.lowerBound < $1.lowerBound }
    #expect(sorted.flatMap { Array($0) } == Array(0..<shape.count))
    #expect(sorted.allSatisfy { $0.lowerBound % shape.grain == 0 && !$0.isEmpty })
  }

  @Test("many short pieces of work, with pauses between them, all arrive")
  func handsOffRepeatedly() {
    let compute = Compute(lanes: 3)
    let sum = Counter()
    for round in 0..<2000 {
      compute.forEachLane(of: 3) { range in sum.add(range.count) }
      // Now and then long enough for the workers to fall asleep.
      if round % 500 == 0 { Thread.sleep(forTimeInterval: 0.01) }
    }
    #expect(sum.value == 6000)
  }

  @Test("callers on several threads take turns")
  func sharesBetweenCallers() async {
    let compute = Compute(lanes: 2)
    let sum = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<100 {
            compute.forEachLane(of: 10) { range in sum.add(range.count) }
          }
        }
      }
    }
    #expect(sum.value == 4000)
  }
}

/// A sum that several threads add to.
private final class Counter: Sendable {
  private let sum = Atomic<Int>(0)
  var value: Int { sum.load(ordering: .relaxed) }
  func add(_ count: Int) { sum.add(count, ordering: .relaxed) }
}

/// Ranges that several threads add to.
private final class Ranges: Sendable {
  private let ranges = Mutex<[Range<Int>]>([])
  var all: [Range<Int>] { ranges.withLock { $0 } }
  func append(_ range: Range<Int>) { ranges.withLock { $0.append(range) } }
}
