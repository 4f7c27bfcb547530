import Foundation
import GRDB

/// The record of what ran: SQLite in WAL mode, so that several processes read and write it at once. Not for network
/// file systems, where SQLite's locks don't hold.
public final class Ledger: Sendable {
    let pool: DatabasePool

    /// - Throws: ``StoreError`` if it can't be opened, or was written by a newer emlab.
    init(_ file: URL) throws {
        // Two processes that make one ledger at once would both run its migrations.
        let turn = open(file.path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        defer { if turn >= 0 { close(turn) } }
        if turn >= 0 { while flock(turn, LOCK_EX) != 0, errno == EINTR {} }
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(60)
            configuration.label = "ledger"
            pool = try DatabasePool(path: file.path, configuration: configuration)
            let migrator = LedgerMigrations.migrator
            if try pool.read(migrator.hasBeenSuperseded) {
                throw StoreError(
                    what: "\(file.path) was written by a newer emlab", remedy: "use that one, or another store")
            }
            try migrator.migrate(pool)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(
                what: "the ledger \(file.path) can't be opened: \(error)", remedy: "check the disk and the permissions")
        }
    }

    static var now: Double { Date().timeIntervalSince1970 }

    // MARK: - Studies

    /// Writes down a plan: what is known already stays.
    public func record(_ plan: Plan) throws {
        let settings = CanonicalJSON.text(plan.study.settings)
        let hash = CanonicalJSON.hash(Data(settings.utf8))
        let now = Self.now
        try pool.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO studies (name, hash, file, settings, began) VALUES (?, ?, ?, ?, ?)",
                arguments: [plan.study.name, hash, plan.study.file.path, settings, now])
            try db.execute(sql: "DELETE FROM study_steps WHERE study = ?", arguments: [plan.study.name])
            for (place, step) in plan.steps.enumerated() {
                try db.execute(
                    sql: """
                        INSERT OR IGNORE INTO steps (key, kind, label, state, estimate, updated)
                        VALUES (?, ?, ?, 'planned', ?, ?)
                        """,
                    arguments: [step.key.digits, step.kind.rawValue, step.label, step.estimate.seconds, now])
                try db.execute(
                    sql: "INSERT INTO study_steps (study, key, place, label) VALUES (?, ?, ?, ?)",
                    arguments: [plan.study.name, step.key.digits, place, step.label])
            }
        }
    }

    // MARK: - States

    func mark(_ key: StepKey, _ state: String) throws {
        try pool.write { try Self.mark($0, key, state) }
    }

    private static func mark(_ db: Database, _ key: StepKey, _ state: String) throws {
        try db.execute(
            sql: "UPDATE steps SET state = ?, updated = ? WHERE key = ?", arguments: [state, now, key.digits])
    }

    /// Steps in a state that came about at a time or later.
    func keys(in state: String, since: Double = 0) throws -> Set<StepKey> {
        try pool.read { db in
            let texts = try String.fetchAll(
                db, sql: "SELECT key FROM steps WHERE state = ? AND updated >= ?", arguments: [state, since])
            return Set(texts.compactMap(StepKey.init))
        }
    }

    // MARK: - Attempts

    /// What became of an attempt.
    enum Outcome: String {
        case done, failed, transient, interrupted, lost
    }

    /// Ends an attempt and gives its lease back.
    func end(_ lease: Lease, _ outcome: Outcome, message: String? = nil) throws {
        try pool.write { db in
            try Self.end(db, attempt: lease.attempt, outcome, message: message)
            try db.execute(
                sql: "DELETE FROM leases WHERE key = ? AND attempt = ?", arguments: [lease.key.digits, lease.attempt])
            switch outcome {
            case .done: try Self.mark(db, lease.key, "done")
            case .failed: try Self.mark(db, lease.key, "failed")
            case .transient, .interrupted, .lost: break
            }
        }
    }

    static func end(_ db: Database, attempt: Int64, _ outcome: Outcome, message: String? = nil, at ended: Double? = nil)
        throws
    {
        try db.execute(
            sql: "UPDATE attempts SET ended = ?, outcome = ?, message = ? WHERE id = ? AND ended IS NULL",
            arguments: [ended ?? now, outcome.rawValue, message, attempt])
    }

    func spend(_ lease: Lease, requests: Int, money: Double) throws {
        try pool.write { db in
            try db.execute(
                sql: "UPDATE attempts SET requests = requests + ?, money = money + ? WHERE id = ?",
                arguments: [requests, money, lease.attempt])
        }
    }

    func progress(_ lease: Lease, done: Int, total: Int, detail: String?) throws {
        try pool.write { db in
            try db.execute(
                sql: "UPDATE attempts SET done = ?, total = ?, detail = ? WHERE id = ?",
                arguments: [done, total, detail, lease.attempt])
        }
    }

    /// What a study's attempts took so far, those under way included. Arms that a process trains side by side, or one
    /// after another under one lease, share its device: their time counts once.
    public func spent(by study: String) throws -> Spending {
        try pool.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT COALESCE(SUM(requests), 0) AS requests, TOTAL(money) AS money
                    FROM attempts WHERE study = ?
                    """, arguments: [study])
            let device = try Row.fetchAll(
                db,
                sql: """
                    SELECT owner, began, COALESCE(ended, ?) AS ended FROM attempts
                    WHERE study = ? AND lane = 'device' ORDER BY owner, began
                    """, arguments: [Self.now, study])
            var seconds = 0.0
            var busy: (owner: String, until: Double) = ("", -.infinity)
            for attempt in device {
                let owner: String = attempt["owner"]
                let began: Double = attempt["began"]
                let ended: Double = attempt["ended"]
                if owner != busy.owner { busy = (owner, -.infinity) }
                seconds += max(0, ended - max(began, busy.until))
                busy.until = max(busy.until, ended)
            }
            return Spending(deviceSeconds: seconds, requests: row?["requests"] ?? 0, money: row?["money"] ?? 0)
        }
    }

    // MARK: - Events

    public func note(_ message: String, level: String = "info", study: String, key: StepKey? = nil) throws {
        try pool.write { db in
            try db.execute(
                sql: "INSERT INTO events (at, study, key, level, message) VALUES (?, ?, ?, ?, ?)",
                arguments: [Self.now, study, key?.digits, level, message])
        }
    }

    // MARK: - Fingerprints

    func fingerprint(of identity: String) throws -> String? {
        try pool.read {
            try String.fetchOne($0, sql: "SELECT hash FROM fingerprints WHERE identity = ?", arguments: [identity])
        }
    }

    func remember(_ hash: String, of identity: String) throws {
        try pool.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO fingerprints (identity, hash) VALUES (?, ?)", arguments: [identity, hash])
        }
    }
}

/// What a study took.
public struct Spending: Hashable, Sendable, Codable {
    public var deviceSeconds: Double
    public var requests: Int
    /// Of endpoints; the device's hours are priced by its profile.
    public var money: Double
}
