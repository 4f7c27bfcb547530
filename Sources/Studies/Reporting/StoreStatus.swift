import Foundation
import GRDB

/// What a store's ledger says of a study's steps.
public struct StudyStatus: Codable, Sendable {
    public struct Step: Codable, Sendable {
        public var key: String
        public var kind: String
        public var label: String
        /// planned, running, done or failed.
        public var state: String
        public var estimate: Double
        public var attempts: Int
        /// Of the last attempt.
        public var host: String?
        public var pid: Int?
        public var began: Double?
        public var seconds: Double?
        public var done: Int?
        public var total: Int?
        public var detail: String?
        public var message: String?
    }

    public var study: String
    public var steps: [Step]
    public var spending: Spending

    public func count(_ state: String) -> Int { steps.count { $0.state == state } }

    /// Seconds of device work to come, by what finished steps took against their estimates.
    public var secondsLeft: Double {
        let finished = steps.filter { $0.state == "done" && $0.estimate > 0 && ($0.seconds ?? 0) > 0 }
        let estimated = finished.reduce(0) { $0 + $1.estimate }
        let factor = estimated > 0 ? finished.reduce(0) { $0 + ($1.seconds ?? 0) } / estimated : 1
        return factor
            * steps.filter { $0.state == "planned" || $0.state == "running" }.reduce(0) { sum, step in
                let share = step.total.map { $0 > 0 ? Double(step.done ?? 0) / Double($0) : 0 } ?? 0
                return sum + step.estimate * (step.state == "running" ? 1 - share : 1)
            }
    }
}

extension Ledger {
    /// Names of the studies that the store has seen, the last first.
    public func studies() throws -> [String] {
        try pool.read { try String.fetchAll($0, sql: "SELECT name FROM studies GROUP BY name ORDER BY MAX(id) DESC") }
    }

    public func status(of study: String) throws -> StudyStatus {
        let observer = ProcessIdentity.own()
        let spending = try spent(by: study)
        return try pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT s.key, s.kind, p.label, s.state, s.estimate, a.began, a.ended, a.host, a.pid, a.done, a.total,
                        a.detail, a.message, a.outcome, l.key IS NOT NULL AS held, l.boot, l.space, l.start, l.beat, l.owner,
                        (SELECT COUNT(*) FROM attempts c WHERE c.key = s.key) AS attempts
                    FROM study_steps p JOIN steps s ON s.key = p.key
                    LEFT JOIN attempts a ON a.id = (SELECT MAX(id) FROM attempts b WHERE b.key = s.key)
                    LEFT JOIN leases l ON l.key = s.key
                    WHERE p.study = ? ORDER BY p.place
                    """, arguments: [study])
            let now = Self.now
            let steps = rows.map { row in
                let isHeld = (row["held"] as Bool? ?? false) && !Self.isDead(row, at: now, seenFrom: observer)
                let state: String = row["state"]
                let (began, ended): (Double?, Double?) = (row["began"], row["ended"])
                return StudyStatus.Step(
                    key: row["key"], kind: row["kind"], label: row["label"],
                    state: isHeld && state != "done" ? "running" : state,
                    estimate: row["estimate"], attempts: row["attempts"], host: row["host"], pid: row["pid"],
                    began: began,
                    seconds: began.map { (ended ?? now) - $0 }, done: row["done"], total: row["total"],
                    detail: row["detail"],
                    message: row["message"])
            }
            return StudyStatus(study: study, steps: steps, spending: spending)
        }
    }

    /// What calibrates estimates: finished attempts with what they were estimated at.
    public func finished() throws -> [(kind: StepKind, estimated: Double, taken: Double)] {
        try pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT s.kind, s.estimate, a.ended - a.began AS taken FROM attempts a JOIN steps s ON s.key = a.key
                    WHERE a.outcome = 'done' AND a.ended IS NOT NULL
                    """
            ).compactMap { row in
                StepKind(rawValue: row["kind"]).map { ($0, row["estimate"], row["taken"]) }
            }
        }
    }
}

/// Everything the ledger knows of one step.
public struct StepLog: Codable, Sendable {
    public struct Attempt: Codable, Sendable {
        public var began: Double
        public var ended: Double?
        public var outcome: String?
        public var message: String?
        public var host: String
        public var pid: Int
        public var requests: Int
        public var money: Double
    }

    public struct Event: Codable, Sendable {
        public var at: Double
        public var level: String
        public var message: String
    }

    public var key: String
    public var kind: String
    public var label: String
    public var state: String
    public var attempts: [Attempt]
    public var events: [Event]
}

extension Store {
    /// Steps whose key begins with `text`, or whose label has all its words.
    public func logs(matching text: String) throws -> [StepLog] {
        let words = text.split(separator: " ").map { $0.lowercased() }
        return try ledger.pool.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT key, kind, label, state FROM steps ORDER BY rowid")
            return try rows.filter { row in
                let (key, label): (String, String) = (row["key"], row["label"])
                return key.hasPrefix(text)
                    || words.allSatisfy { label.lowercased().split(separator: " ").map(String.init).contains($0) }
            }.map { row in
                let key: String = row["key"]
                let attempts = try Row.fetchAll(
                    db, sql: "SELECT * FROM attempts WHERE key = ? ORDER BY id", arguments: [key]
                ).map {
                    StepLog.Attempt(
                        began: $0["began"], ended: $0["ended"], outcome: $0["outcome"], message: $0["message"],
                        host: $0["host"],
                        pid: $0["pid"], requests: $0["requests"], money: $0["money"])
                }
                let events = try Row.fetchAll(
                    db, sql: "SELECT at, level, message FROM events WHERE key = ? ORDER BY id", arguments: [key]
                ).map { StepLog.Event(at: $0["at"], level: $0["level"], message: $0["message"]) }
                return StepLog(
                    key: key, kind: row["kind"], label: row["label"], state: row["state"], attempts: attempts,
                    events: events)
            }
        }
    }

    /// Where a step of this kind and key lies.
    public func folder(kind: String, key: String) -> URL {
        folder.appending(path: "steps").appending(path: kind).appending(path: key)
    }
}
