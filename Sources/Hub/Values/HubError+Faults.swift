import Files

extension HubError {
  /// Why an answer is not a model hub's.
  package enum ProtocolFault: Equatable, Sendable {
    case notFound
    case webPage
    case unexpectedJSON
    /// No commit id for a revision.
    case noCommit
    /// A file is served without the commit and the tag that belong to it.
    case noCommitOrTag(path: String)
    /// A file is listed without a size and a hash.
    case noSizeOrHash(path: String)
    /// The listing's next page is one that was read, or on another host.
    case strayListing
    case endlessListing
    case redirectWithoutTarget
  }

  /// Why a listed name must not become a file.
  package enum NameFault: Equatable, Sendable {
    case tooLong(limitBytes: Int)
    case emptyPart
    case outsideFolder
    case partTooLong(limitBytes: Int)
    case forbiddenCharacter
    case listedTwice
    case impossibleSize
    /// It lies inside what is listed as another file.
    case insideFile(String)
  }

  /// Why a redirect is not followed.
  package enum RedirectFault: Equatable, Sendable {
    case notAWebAddress
    case notEncrypted
  }

  /// How what a server sends differs from what its listing promises.
  package enum TransferFault: Equatable, Sendable {
    case wrongSize(Int64, expected: Int64)
    case tooLong(expected: Int64)
    case endsEarly(missingBytes: Int64)
    /// Another range than the one that was asked for.
    case otherRange
    case refusesRange
    /// The object store no longer serves the address that the hub gave.
    case storeRefuses(status: Int)
  }

  /// Why something in the cache is in the way.
  package enum Obstruction: Equatable, Sendable {
    /// It is not the file that was written there a moment ago.
    case replaced
    /// Its record has no form in JSON.
    case unencodable
    /// `reason` is in Foundation's words.
    case unremovable(reason: String)
  }
}

extension HubError.ProtocolFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound: "status 404"
    case .webPage: "it sends a web page"
    case .unexpectedJSON: "unexpected JSON"
    case .noCommit: "no commit id"
    case .noCommitOrTag(let path): "no commit and etag with '\(path)'"
    case .noSizeOrHash(let path): "no size and hash for '\(path)'"
    case .strayListing: "its listing leads astray"
    case .endlessListing: "its listing does not end"
    case .redirectWithoutTarget: "a redirect without a target"
    }
  }
}

extension HubError.NameFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooLong(let limit): "is over \(limit) bytes"
    case .emptyPart: "has an empty part or is absolute"
    case .outsideFolder: "points outside its folder"
    case .partTooLong(let limit): "has a part of over \(limit) bytes"
    case .forbiddenCharacter: "has a character that is not allowed in file names"
    case .listedTwice: "is there twice"
    case .impossibleSize: "has an impossible size"
    case .insideFile(let file): "lies inside another file, '\(file)'"
    }
  }
}

extension HubError.RedirectFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAWebAddress: "is not a plain web address"
    case .notEncrypted: "is not encrypted"
    }
  }
}

extension HubError.TransferFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .wrongSize(let size, let expected): "the server has \(size) bytes instead of \(expected)"
    case .tooLong(let expected): "the server sends more than the file's \(expected) bytes"
    case .endsEarly(let missing): "the answer ends \(missing) bytes early"
    case .otherRange: "it answers another range than it was asked for"
    case .refusesRange: "it refuses a range inside the file"
    case .storeRefuses(let status): "the object store refuses it with status \(status)"
    }
  }
}

extension HubError.Obstruction: CustomStringConvertible {
  package var description: String {
    switch self {
    case .replaced: "is not what was just written there"
    case .unencodable: "has a name that JSON cannot hold"
    case .unremovable(let reason): "cannot be removed (\(reason.printable))"
    }
  }
}
