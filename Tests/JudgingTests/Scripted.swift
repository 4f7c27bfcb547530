import Endpoints
import Foundation
import Judging
import Synchronization

/// An endpoint that says what a closure says, and remembers what it was asked.
final class Scripted: ChatEndpoint {
    private let asked = Mutex<[ChatRequest]>([])
    private let answer: @Sendable (ChatRequest) throws -> ChatReply

    init(_ answer: @escaping @Sendable (ChatRequest) throws -> ChatReply) { self.answer = answer }

    var requests: [ChatRequest] { asked.withLock { $0 } }

    func reply(to request: ChatRequest) async throws -> ChatReply {
        asked.withLock { $0.append(request) }
        return try answer(request)
    }
}

/// A reply of one token with what else might have come.
func oneToken(_ probabilities: [String: Double], content: String? = nil) -> ChatReply {
    let top = probabilities.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        .map { TokenLogprob.Alternative(token: $0.key, logprob: log($0.value)) }
    let first = top.first?.token ?? ""
    return ChatReply(
        content: content ?? first, finishReason: .length, model: "scripted",
        logprobs: [TokenLogprob(token: first, logprob: top.first?.logprob ?? 0, top: top)])
}

/// A reply of several tokens: what it takes comes first at each place.
func tokens(_ places: [[(String, Double)]]) -> ChatReply {
    ChatReply(
        content: places.compactMap(\.first?.0).joined().trimmingCharacters(in: .whitespacesAndNewlines),
        model: "scripted",
        logprobs: places.map { place in
            TokenLogprob(
                token: place.first?.0 ?? "", logprob: log(place.first?.1 ?? 1),
                top: place.map { .init(token: $0.0, logprob: log($0.1)) })
        })
}

/// Files that a test writes, gone with it.
final class Scratch {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("judging-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func file(_ text: String, name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url
    }
}

/// The published data: EMLAB_DATA, or its place beside the repository.
let publishedData: URL? = {
    let beside = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data/em").standardized
    let url = ProcessInfo.processInfo.environment["EMLAB_DATA"].map { URL(fileURLWithPath: $0) } ?? beside
    if FileManager.default.fileExists(atPath: url.path) { return url }
    print("skipped: the published data isn't at \(url.path); set EMLAB_DATA to where it is")
    return nil
}()
