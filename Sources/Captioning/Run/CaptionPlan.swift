package import Files

/// What a run would do.
package struct CaptionPlan: Sendable {
  /// Pictures that need answers.
  package var undone: [CaptionItem] = []
  /// How many have their answers.
  package var done = 0
  /// How many have their answers, unless their content changed.
  package var unsure = 0
  /// How many would get an error at once.
  package var refused = 0
}

extension CaptionRun {
  /// What the run would do about pictures that it is given; reads no picture, and takes them from the
  /// source.
  ///
  /// - Parameter rows: what the output holds; nil where there is none.
  /// - Returns: what would be done about each.
  /// - Throws: `CaptioningError` where a text file cannot be looked at.
  package func plan(rows: [ExactText: CaptionRow]?) throws(CaptioningError) -> CaptionPlan {
    var plan = CaptionPlan()
    while case .item(let item) = source.next() {
      let need = try need(
        item, earlier: rows?[item.rowName], now: item.identity, hasRows: rows != nil)
      switch need {
      case .nothing: plan.done += 1
      case .answers: plan.undone.append(item)
      case .answersUnless: plan.unsure += 1
      case .failure: plan.refused += 1
      }
    }
    return plan
  }
}
