import Synchronization

/// How full the KV caches of a model are, for whoever asks on any thread.
final class CacheUse: Sendable {
  private let capacity: Int
  private let reserved = Atomic(0)

  fileprivate init(of capacity: Int) { self.capacity = capacity }

  /// The share of all positions that is reserved for the answers that are running, from 0 to 1.
  var share: Double { Double(reserved.load(ordering: .relaxed)) / Double(capacity) }

  fileprivate func note(reserved positions: Int) { reserved.store(positions, ordering: .relaxed) }
}

/// The KV caches of the conversations that are being answered, and of those that were.
///
/// All of them together have room for a fixed number of positions, so what is admitted can be finished.
/// A new prompt takes the beginning that it shares with any of them; what was not used for longest goes
/// when room is needed.
final class SequencePool {
  /// A sequence, and the prompt that it holds the first positions of.
  private struct Entry {
    let sequence: SequenceState
    let prompt: Prompt

    /// Positions that hold the prompt's.
    var held: Int { min(sequence.count, prompt.tokens.count) }
  }

  private let model: VisionLanguageModel
  /// Positions that all sequences together may have memory for.
  private let capacity: Int
  let use: CacheUse
  private var running: [Entry] = [] {
    didSet { use.note(reserved: reserved) }
  }
  /// Those of ended answers, the latest used last.
  private var idle: [Entry] = []

  init(_ model: VisionLanguageModel) {
    self.model = model
    capacity = model.cacheLength
    use = CacheUse(of: capacity)
  }

  /// A sequence with room for a prompt and its answer, which holds as much of the prompt's beginning as
  /// any other does; nil while the others that are being answered take too much room.
  ///
  /// It can have at most `positions`, which are at most the model's context.
  func take(for prompt: Prompt, positions: Int) -> SequenceState? {
    guard reserved + positions <= capacity else { return nil }
    let (source, shared) = longestPrefix(of: prompt)
    // In front of the one to copy from, which was used just now.
    if let index = idle.firstIndex(where: { $0.sequence === source?.sequence }) {
      idle.append(idle.remove(at: index))
    }
    let isIdle = source.map { $0.sequence === idle.last?.sequence } ?? false
    makeRoom(for: positions, keeping: isIdle ? 1 : 0)
    let sequence: SequenceState
    if let source, isIdle, reserved + kept + positions > capacity || continues(source, at: shared) {
      idle.removeLast()
      sequence = source.sequence
      sequence.truncate(to: shared)
      sequence.setCapacity(positions)
    } else {
      sequence = model.makeSequence(capacity: positions)
      if let source { sequence.copy(first: shared, of: source.sequence) }
    }
    running.append(Entry(sequence: sequence, prompt: prompt))
    return sequence
  }

  /// Takes a sequence back when its conversation was answered; what it holds of the prompt stays of use.
  ///
  /// Generated tokens do not: as part of a prompt they are computed in other pieces.
  func giveBack(_ sequence: SequenceState) {
    guard let index = running.firstIndex(where: { $0.sequence === sequence }) else { return }
    let entry = running.remove(at: index)
    sequence.truncate(to: entry.held)
    idle.append(entry)
  }

  /// Positions of running sequences, and those that idle ones have memory for.
  private var reserved: Int { running.reduce(0) { $0 + $1.sequence.capacity } }
  private var kept: Int { idle.reduce(0) { $0 + $1.sequence.room } }

  /// Drops idle sequences, but the latest `count`, until there is room.
  private func makeRoom(for positions: Int, keeping count: Int) {
    while idle.count > count, reserved + kept + positions > capacity { idle.removeFirst() }
  }

  /// Whether a prompt goes on where another's last message ended, so that its sequence can be taken over.
  private func continues(_ entry: Entry, at shared: Int) -> Bool {
    shared == entry.prompt.borders.last { $0 < entry.prompt.tokens.count }
  }

  /// The sequence that has most of a prompt's beginning, and how much; at least the last piece is
  /// computed again, for its logits.
  ///
  /// Beyond the model's own positions keys depend on the whole prompt's length, so nothing is shared.
  private func longestPrefix(of prompt: Prompt) -> (Entry?, shared: Int) {
    let rotary = model.configuration.language.rotary
    guard !rotary.isExtended(length: prompt.tokens.count) else { return (nil, 0) }
    var best: (Entry?, shared: Int) = (nil, 0)
    for entry in idle + running where !rotary.isExtended(length: entry.prompt.tokens.count) {
      let shared = prompt.sharedPrefix(
        with: entry.prompt, limit: min(entry.held, prompt.tokens.count - 1))
      if shared > best.shared { best = (entry, shared) }
    }
    return best
  }
}
