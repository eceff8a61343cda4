import Testing

@testable import InternVL

@Suite("Free memory")
struct FreeMemoryTests {
  @Test("free memory is read from the system's tables")
  func freeMemory() {
    let meminfo = "MemTotal:       24000 kB\nMemAvailable:   12345 kB\n"
    #expect(FreeMemory.available(meminfo: meminfo) == 12345 * 1024)
    #expect(FreeMemory.available(meminfo: "") == nil)
    #expect(FreeMemory.left(limit: "max\n", used: "5\n", statistics: nil) == nil)
    #expect(
      FreeMemory.left(limit: "1000\n", used: "600\n", statistics: "anon 500\ninactive_file 100\n")
        == 500)
    #expect(FreeMemory.left(limit: "1000\n", used: "1600\n", statistics: "") == 0)
    let older = "inactive_file 1\ntotal_inactive_file 100\n"
    #expect(FreeMemory.left(limit: "1000\n", used: "600\n", statistics: older) == 500)
    #expect(
      FreeMemory.left(limit: "9223372036854771712\n", used: "5\n", statistics: older)
        == 9_223_372_036_854_771_712)
  }
}
