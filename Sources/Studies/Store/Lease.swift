import Foundation
import GRDB

/// The right to do a step, until it is given back or its holder is dead.
struct Lease: Hashable, Sendable {
    var key: StepKey
    /// The attempt that it belongs to.
    var attempt: Int64
}

extension Ledger {
    /// A holder on another machine that hasn't been heard of for so long is dead. One on this machine lives as long as
    /// its process.
    static let timeout: Double = 120

    /// Takes what nobody holds, or the dead held.
    func acquire(_ steps: [PlannedStep], for process: ProcessIdentity, study: String) throws -> [Lease] {
        let now = Self.now
        return try pool.write { db in
            try steps.compactMap { step -> Lease? in
                let held = try Row.fetchOne(
                    db, sql: "SELECT * FROM leases WHERE key = ?", arguments: [step.key.digits])
                if let held {
                    guard Self.isDead(held, at: now, seenFrom: process) else { return nil }
                    try Self.end(db, attempt: held["attempt"], .lost, message: "its process ended", at: held["beat"])
                }
                try db.execute(
                    sql: """
                        INSERT INTO attempts (key, study, lane, owner, host, pid, began) VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        step.key.digits, study, step.lane.rawValue, process.owner, process.host, process.pid, now,
                    ])
                let attempt = db.lastInsertedRowID
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO leases (key, attempt, owner, host, boot, space, pid, start, beat)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        step.key.digits, attempt, process.owner, process.host, process.boot, process.processSpace,
                        process.pid, process.start, now,
                    ])
                return Lease(key: step.key, attempt: attempt)
            }
        }
    }

    static func isDead(_ row: Row, at now: Double, seenFrom process: ProcessIdentity) -> Bool {
        let holder = ProcessIdentity(
            owner: row["owner"], host: row["host"], boot: row["boot"], processSpace: row["space"], pid: row["pid"],
            start: row["start"])
        if holder.owner == process.owner { return true }
        if let lives = holder.lives(seenFrom: process) { return !lives }
        let beat: Double = row["beat"]
        return now - beat > timeout
    }

    /// Says that the holder lives.
    func beat(_ process: ProcessIdentity) throws {
        try pool.write { db in
            try db.execute(
                sql: "UPDATE leases SET beat = ? WHERE owner = ?", arguments: [Self.now, process.owner])
        }
    }

    func holds(_ lease: Lease) throws -> Bool {
        try pool.read { db in
            try Int64.fetchOne(db, sql: "SELECT attempt FROM leases WHERE key = ?", arguments: [lease.key.digits])
                == lease.attempt
        }
    }

    /// Clears away what dead processes held.
    ///
    /// - Returns: how many leases those were.
    @discardableResult
    func bury(seenFrom process: ProcessIdentity) throws -> Int {
        let now = Self.now
        return try pool.write { db in
            let dead = try Row.fetchAll(db, sql: "SELECT * FROM leases")
                .filter { Self.isDead($0, at: now, seenFrom: process) }
            for row in dead {
                let (key, attempt): (String, Int64) = (row["key"], row["attempt"])
                // What it took until it was last heard of.
                try Self.end(db, attempt: attempt, .lost, message: "its process ended", at: row["beat"])
                try db.execute(sql: "DELETE FROM leases WHERE key = ?", arguments: [key])
            }
            return dead.count
        }
    }
}
