import HTTPTypes
import HummingbirdCore
import NIOCore

/// The page for a browser: its files in the program.
enum PageFiles {
  /// A file and its media type, by path.
  static let all: [String: (type: String, bytes: [UInt8])] = [
    "/": ("text/html; charset=utf-8", PackageResources.index_html),
    "/style.css": ("text/css; charset=utf-8", PackageResources.style_css),
    "/icon.svg": ("image/svg+xml", PackageResources.icon_svg),
  ].merging(
    scripts.map { ("/\($0).js", (type: "text/javascript; charset=utf-8", bytes: $1)) },
    uniquingKeysWith: { $1 })

  private static let scripts = [
    "composer": PackageResources.composer_js,
    "context": PackageResources.context_js,
    "conversation": PackageResources.conversation_js,
    "main": PackageResources.main_js,
    "pictures": PackageResources.pictures_js,
    "server": PackageResources.server_js,
    "snippets": PackageResources.snippets_js,
    "view": PackageResources.view_js,
    "words": PackageResources.words_js,
  ]

  /// What a browser may do with the page: run its own scripts, use its own style, show pictures that
  /// it was given, and ask this server.
  static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].joined(separator: "; ")
}

extension Interface {
  /// The routes of the page's files.
  var pageRoutes: [String: [HTTPRequest.Method: Router.Route]] {
    PageFiles.all.mapValues { file in
      [
        .get: { _ in
          var response = Response.bytes(file.bytes, type: file.type)
          response.headers[.contentSecurityPolicy] = PageFiles.policy
          response.headers[.xContentTypeOptions] = "nosniff"
          response.headers[.cacheControl] = "no-cache"
          return response
        }
      ]
    }
  }
}
