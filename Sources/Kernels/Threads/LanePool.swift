internal import CKernels
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Threads that wait for short pieces of work.
///
/// A decode step makes about two hundred calls of 10 to 500 µs, so a worker spins for a while
/// after each piece of work (hand-off then takes about a microsecond) before it sleeps. Waking it
/// takes some 60 µs in a virtual machine.
final class LanePool: @unchecked Sendable {
  // Sendable: `work` is written only between two runs, ordered by `generation` and `unfinished`;
  // the condition is a C object at a fixed address.

  /// One `pause` takes 40 to 140 cycles: this many are 1 to 5 µs.
  private static let pausesBeforeYield = 100
  /// Much longer than what the caller does alone between two pieces of work of a layer.
  private static let spinning = Duration.milliseconds(2)

  private let generation = Atomic<Int>(0)
  private let unfinished = Atomic<Int>(0)
  private let sleeping = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private var work: UnsafePointer<(Int) -> Void>?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var threads: [pthread_t] = []

  /// Starts `workers` threads; they take part in each `run` as lanes 1, 2, ….
  ///
  /// Where the system refuses a thread, there are fewer.
  init(workers: Int) {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    for lane in stride(from: 1, through: workers, by: 1) {
      guard let thread = startThread({ [unowned self] in self.serve(lane: lane) }) else { break }
      threads.append(thread)
    }
  }

  /// Ends the threads and waits for them.
  ///
  /// The threads do not own the pool, so the owner must call this before it lets go of it.
  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    generation.add(1, ordering: .sequentiallyConsistent)
    wake()
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// How many threads take part in a run, the caller's included.
  var lanes: Int { threads.count + 1 }

  /// Calls `body` once per lane, at the same time, and returns when all have returned.
  ///
  /// One run at a time: the caller keeps others out.
  func run(_ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        work = pointer
        unfinished.store(threads.count, ordering: .relaxed)
        generation.add(1, ordering: .sequentiallyConsistent)
        if sleeping.load(ordering: .sequentiallyConsistent) > 0 { wake() }
        Self.call(pointer, lane: 0)
        while !Self.spin(until: { unfinished.load(ordering: .acquiring) == 0 }) {}
        work = nil
      }
    }
  }

  /// What a worker does until the pool stops.
  private func serve(lane: Int) {
    var seen = 0
    while true {
      seen = awaitGeneration(after: seen)
      if stopping.load(ordering: .acquiring) { return }
      if let work { Self.call(work, lane: lane) }
      unfinished.subtract(1, ordering: .releasing)
    }
  }

  /// Waits until the generation is not `seen`: spinning first, then asleep.
  private func awaitGeneration(after seen: Int) -> Int {
    if Self.spin(until: { generation.load(ordering: .acquiring) != seen }) {
      return generation.load(ordering: .acquiring)
    }
    pthread_mutex_lock(mutex)
    sleeping.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen {
      pthread_cond_wait(condition, mutex)
    }
    sleeping.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
    return generation.load(ordering: .acquiring)
  }

  /// Waits until `isOver` without sleeping, after a moment letting other threads have the core.
  ///
  /// - Returns: whether it was over within `spinning`.
  private static func spin(until isOver: () -> Bool) -> Bool {
    for _ in 0..<pausesBeforeYield {
      if isOver() { return true }
      ck_pause()
    }
    let end = ContinuousClock.now + spinning
    while ContinuousClock.now < end {
      if isOver() { return true }
      sched_yield()
    }
    return false
  }

  private func wake() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Not inlined, so that nothing of the closure is still held when it has returned.
  @inline(never)
  private static func call(_ body: UnsafePointer<(Int) -> Void>, lane: Int) { body.pointee(lane) }
}

/// What a new thread is given.
private final class ThreadBody {
  let run: () -> Void
  init(_ run: @escaping () -> Void) { self.run = run }
}

/// Starts a thread that runs `body`; nil where the system refuses.
private func startThread(_ body: @escaping () -> Void) -> pthread_t? {
  let box = Unmanaged.passRetained(ThreadBody(body))
  #if canImport(Darwin)
    var thread: pthread_t?
    let result = pthread_create(&thread, nil, { runThread($0) }, box.toOpaque())
  #else
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, { runThread($0!) }, box.toOpaque())
  #endif
  guard result == 0 else {
    box.release()
    return nil
  }
  return thread
}

private func runThread(_ box: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue().run()
  return nil
}
