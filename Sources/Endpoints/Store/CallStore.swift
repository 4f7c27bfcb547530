public import Foundation

/// Replies by content: `<folder>/<2 hex>/<sha256>.json`, one file a call, written whole or not at all. What is here is
/// never asked, nor paid, again. Endpoints that share a store object share what is under way, too.
public final class CallStore: Sendable {
    /// A file with another number is as if it weren't there.
    static let format = 1

    public let folder: URL
    let underWay = SharedCalls<ChatReply>()

    /// - Parameter store: the store's folder; replies lie in `calls` below it.
    /// - Throws: ``EndpointError`` if the folder can't be made.
    public convenience init(_ store: URL) throws {
        try self.init(folder: store.appendingPathComponent("calls", isDirectory: true))
    }

    /// - Parameter folder: where replies lie.
    /// - Throws: ``EndpointError`` if the folder can't be made.
    public init(folder: URL) throws {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw Self.failure(folder, "can't be made", error)
        }
    }

    private struct StoredCall: Codable {
        var format: Int
        var key: String
        /// What was sent, but for the key.
        var request: JSONValue?
        var received: String?
        var attempts: Int?
        /// The reply as it came, the API key taken out.
        var body: String
    }

    func file(for key: String) -> URL {
        folder.appendingPathComponent(String(key.prefix(2)), isDirectory: true)
            .appendingPathComponent(key + ".json")
    }

    /// The stored reply's body; none if there is none, or if the file is damaged: then it will be written anew.
    func body(for key: String, mostBytes: Int) -> Data? {
        let url = file(for: key)
        // Text in JSON may take six times its bytes.
        let limit = mostBytes * 6 + (64 << 20)
        guard let size = try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize, size <= limit,
            let bytes = try? Data(contentsOf: url), JSONBounds.depth(of: bytes) <= 2 * JSONBounds.depthLimit,
            let call = try? JSONDecoder().decode(StoredCall.self, from: bytes), call.format == Self.format,
            call.key == key
        else { return nil }
        return Data(call.body.utf8)
    }

    /// The stored reply; none if there is none, or if it can't be read.
    func reply(for key: String, mostBytes: Int) -> ChatReply? {
        guard let body = body(for: key, mostBytes: mostBytes), var reply = try? ReplyParser.reply(from: body) else {
            return nil
        }
        reply.isStored = true
        reply.key = key
        return reply
    }

    /// The stored reply to a call that is made on this machine, else the one that `body` gives: the same call is made
    /// once, whoever asks at the same time, and its reply kept.
    ///
    /// - Parameters:
    ///   - key: SHA-256 of `canonical`: everything that the reply depends on.
    ///   - body: a chat completion as servers write it.
    package func reply(
        for key: String, canonical: Data, making body: @escaping @Sendable () async throws -> Data
    ) async throws -> ChatReply {
        let mostBytes = 1 << 30
        if let stored = reply(for: key, mostBytes: mostBytes) { return stored }
        var (reply, isOwn) = try await underWay.value(for: key) { [self] in
            if let stored = self.reply(for: key, mostBytes: mostBytes) { return stored }
            let body = try await body()
            var reply = try ChatReply(parsing: body)
            reply.key = key
            try write(body, for: key, canonical: canonical, attempts: 1, received: Date())
            return reply
        }
        if !isOwn { reply.isStored = true }
        return reply
    }

    /// True if the store has the reply: it needn't be made.
    package func hasReply(for key: String) -> Bool { reply(for: key, mostBytes: 1 << 30) != nil }

    func write(_ body: Data, for key: String, canonical: Data, attempts: Int, received: Date) throws {
        let stored = StoredCall(
            format: Self.format, key: key,
            request: try? JSONDecoder().decode(JSONValue.self, from: canonical),
            received: received.formatted(.iso8601), attempts: attempts, body: String(decoding: body, as: UTF8.self))
        let url = file(for: key)
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            // Atomic: another name first, then renamed.
            try encoder.encode(stored).write(to: url, options: .atomic)
        } catch {
            throw Self.failure(url, "can't be written", error)
        }
    }

    private static func failure(_ url: URL, _ what: String, _ error: any Error) -> EndpointError {
        let code = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        let why = code.map { " (\(String(cString: strerror(Int32(truncatingIfNeeded: $0.code)))))" } ?? ""
        return EndpointError(
            .store, place: url.relativePath, what: "it \(what)\(why)", remedy: "check the disk and the permissions")
    }
}
