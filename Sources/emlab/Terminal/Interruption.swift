import Foundation
import Synchronization

/// Ctrl-C, or a polite request to end: work stops at the next place where nothing is half done.
struct Interruption: Error, CustomStringConvertible {
    var kept: String?

    var description: String { "emlab: interrupted" + (kept.map { "; \($0)" } ?? "") }

    private static let requested = Atomic<Bool>(false)
    private static let notice: StaticString = "\nstopping where nothing is half done (Ctrl-C again: at once)\n"

    /// Starts listening to Ctrl-C, SIGTERM and the closing of the terminal. The first asks; the same again ends the
    /// process as it would without emlab's handler. What the parent process has switched off (nohup, a shell's
    /// background job) stays off.
    static func watch() {
        // The handler may do no more than set a flag and write, so what it uses must exist before it.
        _ = (requested.load(ordering: .relaxed), notice.utf8CodeUnitCount, Console.isTerminal)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let former = signal(number) { number in
                Interruption.requested.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
                if number == SIGINT, Console.isTerminal {
                    _ = write(STDERR_FILENO, Interruption.notice.utf8Start, Interruption.notice.utf8CodeUnitCount)
                }
            }
            if unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
        }
        // A closed stdout is an error of the write, told like every other.
        signal(SIGPIPE, SIG_IGN)
    }

    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    static func check() throws {
        if isRequested { throw Interruption() }
    }
}
