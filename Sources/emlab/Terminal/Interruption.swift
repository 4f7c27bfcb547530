import Foundation
import Synchronization

/// Ctrl-C, or a polite request to end: work stops at the next place where nothing is half done.
struct Interruption: Error, CustomStringConvertible {
    var kept: String?

    var description: String { "emlab: interrupted" + (kept.map { "; \($0)" } ?? "") }

    private static let requested = Atomic<Bool>(false)

    /// Starts listening. The first signal asks; a second one ends the process as it would without emlab's handler.
    static func watch() {
        // The handler may do no more than set a flag, so the flag must exist before it.
        _ = requested.load(ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                Interruption.requested.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
        signal(SIGPIPE, SIG_IGN)
    }

    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    static func check() throws {
        if isRequested { throw Interruption() }
    }
}
