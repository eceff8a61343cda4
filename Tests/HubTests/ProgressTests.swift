import Registry
import Testing

@testable import Hub

@Suite("Download progress")
struct ProgressTests {
  private func file(_ name: String, _ size: Int64) throws -> RemoteFile {
    RemoteFile(path: try RemotePath(name), size: size, hash: .sha256(name))
  }

  @Test("adds up files, measures the rate, and never goes backwards")
  func meter() throws {
    let files = [try file("a", 1000), try file("b", 3000), try file("c", 500)]
    var meter = ProgressMeter(all: files, present: [files[2]])
    let start = ContinuousClock.now
    meter.begin(files[0], keptBytes: 200)
    #expect(meter.sample(at: start)?.doneBytes == 700)
    #expect(meter.sample(at: start + .milliseconds(50)) == nil)
    meter.note(files[0], bytes: 700)
    let second = meter.sample(at: start + .seconds(1))
    #expect(second?.doneBytes == 1200 && second?.bytesPerSecond == 500 && second?.secondsLeft == 7)
    meter.note(files[0], bytes: 0)
    #expect(meter.sample(at: start + .seconds(2))?.doneBytes == 1200)
    meter.finish(files[0])
    meter.begin(files[1], keptBytes: 1000)
    meter.finish(files[1])
    let last = meter.sample(at: start + .seconds(3), isLast: true)
    #expect(last?.doneBytes == 4500 && last?.doneFiles == 3 && last?.totalFiles == 3)
  }

  @Test("reads well")
  func lines() {
    let running = DownloadProgress(
      doneBytes: 1_200_000_000, totalBytes: 1_876_000_000, doneFiles: 1, totalFiles: 5,
      bytesPerSecond: 42_100_000)
    #expect("\(running)" == "1.20 GB of 1.88 GB (63%), 42.1 MB/s, 17 s left")
    let done = DownloadProgress(
      doneBytes: 5, totalBytes: 5, doneFiles: 1, totalFiles: 1, bytesPerSecond: 9)
    #expect("\(done)" == "5 B of 5 B (100%)")
    let slow = DownloadProgress(
      doneBytes: 0, totalBytes: 10_000_000, doneFiles: 0, totalFiles: 1, bytesPerSecond: 1000)
    #expect("\(slow)" == "0 B of 10.0 MB (0%), 1.00 kB/s, 2 h 46 min left")
  }
}

@Suite("Heads of answers")
struct HTTPHeadTests {
  private func head(_ lines: String...) throws -> HTTPHead {
    var head = try #require(HTTPHead(statusLine: "HTTP/2 200"))
    for line in lines { head.add(line: line) }
    return head
  }

  @Test("say how long to wait")
  func waits() throws {
    #expect(try head("Retry-After: 55").requestedWait == 55)
    #expect(try head("RateLimit: \"api\";r=0;t=7").requestedWait == 7)
    #expect(try head("RateLimit: \"api\";r=3;t=7").requestedWait == nil)
    #expect(try head("RateLimit: \"api\";r=0;t=7", "retry-after: 9").requestedWait == 9)
    #expect(try head("Retry-After: -1").requestedWait == nil)
    #expect(try head("Retry-After: soon").requestedWait == nil)
    let date = try head("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(date.requestedWait(at: 784_111_770) == 7 && date.requestedWait(at: 784_111_790) == 0)
    #expect(try head().requestedWait == nil)
  }

  @Test("say which bytes follow")
  func ranges() throws {
    let whole = try #require(try head("Content-Range: bytes 5-9/100").contentRange)
    #expect(whole.range == 5..<10 && whole.size == 100)
    #expect(try head("Content-Range: bytes 0-0/*").contentRange?.size == nil)
    for bad in [
      "bytes 9-5/100", "bytes */100", "bytes 1-9223372036854775807/9", "5-9/100", "bytes", "",
    ] {
      #expect(try head("Content-Range: \(bad)").contentRange == nil)
    }
  }

  @Test("name the next page")
  func pages() throws {
    #expect(try head("Link: </a?c=1>; rel=\"next\"").nextPage == "/a?c=1")
    #expect(try head("Link: </b>; rel=\"x\", <http://h/a>; rel=\"next\"").nextPage == "http://h/a")
    #expect(try head("Link: nonsense rel=\"next\"").nextPage == nil)
  }
}
