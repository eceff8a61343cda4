import Foundation
import TestSupport
import Testing

@testable import InternVL

@Suite("Threads by default")
struct ProcessorsTests {
  private let folder: TemporaryFolder
  private let none: ControlGroup

  init() throws {
    folder = try TemporaryFolder()
    none = ControlGroup(path: "", root: folder.url)
  }

  @Test("one for each processor that the process is bound to")
  func bound() {
    let status = "Name:\tinternvl\nCpus_allowed:\t00000001,0000f000\nCpus_allowed_list:\t12-15,32\n"
    #expect(Processors.count(of: 64, status: status, group: none) == 5)
    #expect(Processors.count(of: 4, status: status, group: none) == 4)
    #expect(Processors.count(of: 4, status: "Cpus_allowed:\t\n", group: none) == 4)
    #expect(Processors.count(of: 4, status: nil, group: none) == 4)
  }

  @Test(
    "as many as the control group lets run, rounded",
    arguments: [
      ("max 100000\n", 8), ("400000 100000\n", 4), ("150000 100000\n", 2), ("125000 100000\n", 1),
      ("10000 100000\n", 1), ("1600000 100000\n", 8), ("5 0\n", 8), ("\n", 8), ("1e300 1\n", 8),
    ])
  func quota(text: String, expected: Int) throws {
    _ = try folder.write(text, to: "cpu.max")
    #expect(Processors.count(of: 8, status: nil, group: none) == expected)
  }

  @Test("the tightest of the control groups around the process decides")
  func nestedGroups() throws {
    _ = try folder.write("600000 100000\n", to: "cpu.max")
    _ = try folder.write("200000 100000\n", to: "outer/cpu.max")
    _ = try folder.write("max 100000\n", to: "outer/inner/cpu.max")
    let group = ControlGroup(path: "/outer/inner", root: folder.url)
    #expect(Processors.count(of: 8, status: nil, group: group) == 2)
    // Inside a container the path may be the host's, of which only the mounted root is there.
    let host = ControlGroup(path: "/system.slice/container.scope", root: folder.url)
    #expect(Processors.count(of: 8, status: nil, group: host) == 6)
  }

  @Test(
    "a control group of version 1 counts as well", arguments: [("-1\n", 8), ("250000\n", 3)])
  func version1(quota: String, expected: Int) throws {
    let membership = "12:memory:/docker/a\n4:cpu,cpuacct:/docker/a\n1:name=systemd:/docker/a\n"
    _ = try folder.write(quota, to: "cpu/docker/a/cpu.cfs_quota_us")
    _ = try folder.write("100000\n", to: "cpu/docker/a/cpu.cfs_period_us")
    let group = ControlGroup(controller: "cpu", membership: membership, root: folder.url)
    #expect(Processors.count(of: 8, status: nil, group: none, older: group) == expected)
    #expect(
      ControlGroup(controller: "pids", membership: membership, root: folder.url).map { _ in 1 }
        == nil)
  }
}
