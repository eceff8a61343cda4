/// The formats that strings can be held to.
enum Formats {
  /// The pattern of a format; nil for one that is not built.
  static func pattern(_ name: String) -> String? { byName[name] }

  /// The patterns of all of them.
  static let patterns = Set(byName.values)

  // RFC 3339; the 29th of February in leap years only, and no leap seconds.
  private static let leapYear =
    "(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
  private static let year = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
  private static let date =
    "(?:\(year)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|\(leapYear)-02-29)"
  private static let clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
  private static let zone = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"

  private static let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
  private static let ipv4 = "\(octet)(?:\\.\(octet)){3}"
  private static let piece = "[0-9A-Fa-f]{1,4}"
  /// RFC 4291: eight pieces, of which `::` stands for some.
  private static let ipv6 =
    ([
      "(?:\(piece):){7}\(piece)", "(?:\(piece):){6}\(ipv4)", "::(?:\(piece):){0,5}\(ipv4)",
      "(?:\(piece):){1,7}:", "::(?:\(piece)(?::\(piece)){0,6})?",
    ]
    + (1...6).map { "(?:\(piece):){\($0)}(?::\(piece)){1,\(7 - $0)}" }
    + (1...5).map { "(?:\(piece):){\($0)}(?::\(piece)){0,\(5 - $0)}:\(ipv4)" })
    .joined(separator: "|")

  // RFC 1123: 63 characters a label, and 253 in all; so three long labels or ten short ones.
  private static let label = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
  private static let shortLabel = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,22}[0-9A-Za-z])?"
  private static let hostname =
    "(?:\(label)(?:\\.\(label)){0,2}|\(shortLabel)(?:\\.\(shortLabel)){0,9})"
  // RFC 5321's usual part: no quoted local part.
  private static let atom = "[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
  private static let email = "\(atom)(?:\\.\(atom))*@\(label)(?:\\.\(label))*"

  // RFC 3986.
  private static let pathCharacter =
    "(?:[0-9A-Za-z._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
  private static let query = "(?:[0-9A-Za-z._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
  private static let host =
    "(?:(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*|\\[(?:\(ipv6))\\])"
  private static let authority =
    "(?:(?:[0-9A-Za-z._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?\(host)(?::[0-9]*)?"
  private static let rootless = "\(pathCharacter)+(?:/\(pathCharacter)*)*"
  private static let hierarchy =
    "(?://\(authority)(?:/\(pathCharacter)*)*|/(?:\(rootless))?|\(rootless))?"
  private static let tail = "(?:\\?\(query))?(?:#\(query))?"
  private static let uri = "[A-Za-z][0-9A-Za-z+.-]*:\(hierarchy)\(tail)"
  private static let firstSegment =
    "(?:[0-9A-Za-z._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})+"
  private static let relative =
    "(?://\(authority)(?:/\(pathCharacter)*)*|/(?:\(rootless))?|"
    + "\(firstSegment)(?:/\(pathCharacter)*)*)?\(tail)"

  private static let pointer = "(?:/(?:[^~/]|~[01])*)*"
  private static let duration =
    "P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
    + "(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?"
    + "|T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))"

  private static let byName: [String: String] = [
    "date": date, "time": clock + zone, "date-time": "\(date)[Tt]\(clock)\(zone)",
    "duration": duration, "email": email, "hostname": hostname, "ipv4": ipv4, "ipv6": ipv6,
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "uri": uri,
    "uri-reference": "(?:\(uri)|\(relative))", "json-pointer": pointer,
    "relative-json-pointer": "(?:0|[1-9][0-9]*)(?:#|\(pointer))",
  ].mapValues { "^(?:\($0))$" }
}
