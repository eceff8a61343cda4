import Foundation

extension String {
  /// The bytes that the text stands for in base64; nil where it is none.
  var base64Bytes: [UInt8]? { Data(base64Encoded: self).map { [UInt8]($0) } }
}
