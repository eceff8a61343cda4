import Foundation
import Registry
import Testing

@testable import Hub

@Suite("Hub settings")
struct SettingsTests {
  private func settings(
    _ more: [String: String], files: [String: String] = [:]
  ) throws -> HubSettings {
    try HubSettings(environment: ["HOME": "/home/u"].merging(more) { $1 }) { files[$0] }
  }

  @Test("have the clients' defaults")
  func defaults() throws {
    let settings = try settings([:])
    #expect(settings.huggingFace.endpoint.text == "https://huggingface.co/")
    #expect(settings.huggingFace.cacheRoot == "/home/u/.cache/huggingface/hub")
    #expect(settings.modelScope.endpoint.text == "https://modelscope.cn/")
    #expect(settings.modelScope.cacheRoot == "/home/u/.cache/modelscope")
    #expect(settings.stateFolder == "/home/u/.cache/internvl")
    #expect(settings.huggingFace.token == nil && settings.modelScope.token == nil)
    #expect(!settings.isOffline && settings.showsProgress && !settings.avoidsLinks)
    #expect(settings.transport.timing.stall == .seconds(10))
    #expect(settings.transport.proxies == Proxies())
  }

  @Test(
    "put the Hugging Face cache where the first of its variables says",
    arguments: [
      (["XDG_CACHE_HOME": "/x"], "/x/huggingface/hub"),
      (["XDG_CACHE_HOME": "/x", "HF_HOME": "/h"], "/h/hub"),
      (["HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old"], "/old"),
      (["HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "/new/"], "/new"),
      (["HF_HOME": "~/models"], "/home/u/models/hub"),
      (["HF_HOME": "$DATA/${SUB}/$NONE", "DATA": "/d", "SUB": "s"], "/d/s/$NONE/hub"),
      (["HF_HOME": ""], "/home/u/.cache/huggingface/hub"),
    ])
  func cacheRoots(variables: [String: String], expected: String) throws {
    #expect(try settings(variables).huggingFace.cacheRoot == expected)
  }

  @Test("find tokens in variables, else in the file of hf auth login")
  func tokens() throws {
    let stored = ["/home/u/.cache/huggingface/token": "stored\n", "/t": "other"]
    #expect(try settings([:], files: stored).huggingFace.token == "stored")
    #expect(try settings(["HF_TOKEN_PATH": "/t"], files: stored).huggingFace.token == "other")
    #expect(
      try settings(["HUGGING_FACE_HUB_TOKEN": "old"], files: stored).huggingFace.token == "old")
    #expect(
      try settings(["HF_TOKEN": " new ", "HUGGING_FACE_HUB_TOKEN": "old"]).huggingFace.token
        == "new")
    #expect(
      try settings(["HF_TOKEN": "t", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "YES"]).huggingFace.token
        == nil)
    #expect(try settings(["MODELSCOPE_API_TOKEN": "m"]).modelScope.token == "m")
    #expect(throws: HubError.self) { try settings(["HF_TOKEN": "a\r\nX-Evil: 1"]) }
  }

  @Test(
    "read addresses with and without a scheme",
    arguments: [
      (["MODELSCOPE_ENDPOINT": "mirror.example"], "https://mirror.example/"),
      (["MODELSCOPE_DOMAIN": "http://old.example:8080/"], "http://old.example:8080/"),
      (
        ["MODELSCOPE_DOMAIN": "old.example", "MODELSCOPE_ENDPOINT": "new.example"],
        "https://new.example/"
      ),
      (["MODELSCOPE_PREFER_AI_SITE": "1"], "https://modelscope.ai/"),
    ])
  func addresses(variables: [String: String], expected: String) throws {
    #expect(try settings(variables).modelScope.endpoint.text == expected)
  }

  @Test(
    "refuse what they cannot use, by the variable's name",
    arguments: [
      ("HF_ENDPOINT", "ftp://x"), ("HF_ENDPOINT", "https://user:secret@x"),
      ("HF_HUB_DOWNLOAD_TIMEOUT", "0"), ("HF_HUB_ETAG_TIMEOUT", "soon"),
      ("HF_HUB_ETAG_TIMEOUT", "nan"),
      ("XINFERENCE_MODEL_SRC", "somewhere"), ("HOME", ""),
    ])
  func refusals(name: String, value: String) throws {
    do throws(HubError) {
      _ = try HubSettings(environment: ["HOME": "/home/u"].merging([name: value]) { $1 }) { _ in nil
      }
      Issue.record("accepted")
    } catch {
      guard case .badSetting(let variable, _, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(variable == name && error.isUsage)
    }
  }

  @Test("know the rest of the variables")
  func others() throws {
    let all = try settings([
      "HF_HUB_OFFLINE": "on", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
      "HF_HUB_DISABLE_SYMLINKS": "true",
      "HF_HUB_DOWNLOAD_TIMEOUT": "2.5", "HF_HUB_ETAG_TIMEOUT": "3",
      "XINFERENCE_MODEL_SRC": "modelscope",
      "HTTPS_PROXY": "http://p:1", "all_proxy": "http://q:2", "NO_PROXY": "localhost",
      "REQUESTS_CA_BUNDLE": "/ca.pem", "CURL_CA_BUNDLE": "/other.pem",
    ])
    #expect(all.isOffline && !all.showsProgress && all.avoidsLinks)
    #expect(
      all.transport.timing.stall == .seconds(2.5) && all.transport.timing.answer == .seconds(3))
    #expect(all.preferredHub == .modelscope)
    #expect(
      all.transport.proxies.https == "http://p:1" && all.transport.proxies.http == "http://q:2")
    #expect(all.transport.proxies.exceptions == "localhost")
    #expect(all.transport.certificates == "/ca.pem")
    #expect(try settings(["TRANSFORMERS_OFFLINE": "1"]).isOffline)
  }
}
