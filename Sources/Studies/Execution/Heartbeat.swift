import Foundation

/// Says now and then that a process lives, from a thread of its own: the work may keep every other busy.
final class Heartbeat: Sendable {
    static let interval: Double = 15

    private let stop = StopSignal()

    init(_ ledger: Ledger, _ process: ProcessIdentity) {
        let stop = stop
        let thread = Thread {
            var last = Ledger.now
            while !stop.isSet {
                Thread.sleep(forTimeInterval: 0.5)
                guard Ledger.now - last >= Self.interval else { continue }
                last = Ledger.now
                // A busy ledger is asked again at the next beat; leases outlive several.
                try? ledger.beat(process)
            }
        }
        thread.name = "heartbeat"
        thread.start()
    }

    deinit { stop.set() }
}
