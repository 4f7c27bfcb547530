import Foundation

/// Who holds a lease, so that others can tell whether it still lives.
public struct ProcessIdentity: Hashable, Sendable {
    /// Of one executor.
    public var owner: String
    public var host: String
    /// Of the machine since it was switched on.
    public var boot: String
    /// Process ids mean something only within it.
    public var processSpace: String
    public var pid: Int32
    /// Ticks from boot to the process's start: ids are used again.
    public var start: String

    public static func own() -> ProcessIdentity {
        let pid = ProcessInfo.processInfo.processIdentifier
        return ProcessIdentity(
            owner: UUID().uuidString, host: ProcessInfo.processInfo.hostName, boot: bootID, processSpace: space,
            pid: pid,
            start: state(of: pid)?.start ?? "")
    }

    private static let bootID =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
        .trimmingCharacters(in: .whitespacesAndNewlines) ?? ""

    private static let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""

    /// A killed process stays as a zombie until its parent asks for it: that is no life.
    private static func state(of pid: Int32) -> (state: Substring, start: String)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // The name in parentheses may hold anything.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? (fields[0], String(fields[19])) : nil
    }

    /// Whether this process lives; none where that can't be seen from here, so that only its heartbeat tells.
    func lives(seenFrom observer: ProcessIdentity) -> Bool? {
        guard !boot.isEmpty, boot == observer.boot, processSpace == observer.processSpace, !start.isEmpty else {
            return nil
        }
        guard let found = Self.state(of: pid) else { return false }
        return found.start == start && found.state != "Z" && found.state != "X"
    }
}
