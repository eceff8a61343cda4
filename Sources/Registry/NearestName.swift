/// Guesses which of several names somebody meant.
package enum NearestName {
  /// The name that is near enough to what was written; nil where none is, or several are as near.
  ///
  /// Case, `_` for `-` and an owner in front do not count. Then the first of these that fits a name
  /// decides: what was written is the name's beginning or its end, up to a `-`; a letter or, from eight
  /// letters on, two are wrong, missing, too many or in the wrong order; and, where `allowsMoreWords`,
  /// it is the name or the end of one with more words behind it.
  package static func of(
    _ written: String, among names: [String], allowsMoreWords: Bool = false
  ) -> String? {
    let wanted = normalized(written)
    guard wanted.count > 1 else { return nil }
    let candidates = names.map { Candidate(name: $0, forms: forms(of: normalized($0))) }
    if let same = candidates.first(where: { $0.forms[0] == wanted }) { return same.name }
    let beginnings = candidates.filter { $0.forms[0].hasPrefix(wanted + "-") }
    let ends = candidates.filter { $0.forms.contains(wanted) }
    for parts in [beginnings, ends] where !parts.isEmpty {
      return parts.count == 1 ? parts[0].name : nil
    }
    let limit = wanted.count < 4 ? 0 : wanted.count < 8 ? 1 : 2
    let slip = only(candidates) { candidate in
      candidate.forms.map { distance($0, wanted) }.min().flatMap { $0 <= limit ? $0 : nil }
    }
    guard slip == nil, allowsMoreWords else { return slip }
    return only(candidates) { candidate in
      candidate.forms.filter { wanted.hasPrefix($0 + "-") }.map(\.count).max().map { -$0 }
    }
  }

  private struct Candidate {
    let name: String
    /// The name, and its ends after each `-`.
    let forms: [String]
  }

  /// The candidate with the least cost; nil where several have it or all have none.
  private static func only(_ candidates: [Candidate], cost: (Candidate) -> Int?) -> String? {
    let costs = candidates.compactMap { candidate in cost(candidate).map { (candidate.name, $0) } }
    guard let least = costs.map(\.1).min() else { return nil }
    let best = costs.filter { $0.1 == least }
    return best.count == 1 ? best[0].0 : nil
  }

  private static func normalized(_ name: String) -> String {
    let end = name.split(separator: "/").last.map(String.init) ?? name
    return String(end.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
  }

  private static func forms(of name: String) -> [String] {
    let words = name.split(separator: "-")
    return [name] + words.indices.dropFirst().map { words[$0...].joined(separator: "-") }
  }

  /// How many letters have to be changed, added, taken away or swapped with the next one.
  private static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left), right = Array(right)
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var rows = [Array(0...right.count)]
    for (i, letter) in left.enumerated() {
      var row = [i + 1]
      for (j, other) in right.enumerated() {
        var least = min(rows[i][j + 1], row[j]) + 1
        least = min(least, rows[i][j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
          least = min(least, rows[i - 1][j - 1] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
