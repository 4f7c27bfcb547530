import Endpoints
import Foundation
import Studies

/// What a command that a study started takes of endpoints, written down as it is taken, for the study's budget.
enum SpendingLog {
    /// Holds the path of the log; unset where nobody keeps account.
    static let variable = "EMLAB_SPENDING"

    struct Entry: Codable {
        var requests: Int
        var money: Double
    }

    static func add(requests: Int = 0, money: Double = 0) {
        guard requests != 0 || money != 0, let path = ProcessInfo.processInfo.environment[variable],
            let line = try? Console.encode(Entry(requests: requests, money: money))
        else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // One write, so that lines of several threads stay whole.
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// The study's side: what has been added since it last looked.
final class SpendingReader {
    let file: URL
    private var read = 0

    /// Begins anew: what an earlier command took is in the ledger.
    init(_ file: URL) {
        self.file = file
        try? FileManager.default.removeItem(at: file)
    }

    /// - Throws: `CancellationError` where the work is to stop.
    func report(_ key: StepKey, _ reports: StepReports) throws {
        let data = (try? Data(contentsOf: file)) ?? Data()
        let end = data.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        guard end > read else { return try reports.check() }
        let entries = data[read..<end].split(separator: 0x0A).compactMap {
            try? Console.decode(SpendingLog.Entry.self, from: Data($0))
        }
        read = end
        try reports.spent(
            key, requests: entries.reduce(0) { $0 + $1.requests }, money: entries.reduce(0) { $0 + $1.money })
    }
}

/// A model on this machine whose requests are counted like a server's; they cost nothing.
struct CountedEndpoint: ChatEndpoint {
    private let endpoint: any ChatEndpoint

    init(_ endpoint: any ChatEndpoint) { self.endpoint = endpoint }

    func reply(to request: ChatRequest) async throws -> ChatReply {
        let reply = try await endpoint.reply(to: request)
        if !reply.isStored { SpendingLog.add(requests: 1) }
        return reply
    }

    var identity: [String: String] { endpoint.identity }
    var concurrency: Int { endpoint.concurrency }
    var price: EndpointConfiguration.Price? { endpoint.price }
    func mostTaken(by request: ChatRequest) throws -> Budget.Amount { try endpoint.mostTaken(by: request) }
    func shutdown() async { await endpoint.shutdown() }
}
