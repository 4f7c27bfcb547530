import Corpora
import Endpoints
import Foundation
import Synchronization

/// Replies as servers write them, and the endpoints that tests ask.
enum Completions {
    static let model = "judge-1"
    static let variable = "EMLAB_TEST_KEY"
    static let key = "sk-test/0123456789+abcdef"
    static let environment = [variable: key]

    /// A well-formed reply.
    static func body(
        _ content: String = "yes", model: String = model, finish: String = "stop", prompt: Int = 12, answer: Int = 3,
        message: String? = nil, logprobs: String = "null"
    ) -> String {
        let message = message ?? #"{"role":"assistant","content":\#(quoted(content))}"#
        return #"{"id":"c1","object":"chat.completion","model":\#(quoted(model)),"choices":[{"index":0,"#
            + #""message":\#(message),"logprobs":\#(logprobs),"finish_reason":\#(quoted(finish))}],"#
            + #""usage":{"prompt_tokens":\#(prompt),"completion_tokens":\#(answer),"total_tokens":\#(prompt + answer)}}"#
    }

    static func quoted(_ text: String) -> String {
        let data = (try? JSONEncoder().encode(text)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    static func configuration(_ server: ScriptedServer, timeout: Double = 2_000) -> EndpointConfiguration {
        EndpointConfiguration(
            baseURL: server.baseURL, model: model, keyVariable: variable, timeout: timeout, attempts: 4, firstDelay: 1,
            longestDelay: 8, longestRetryAfter: 90, prices: [model: .init(input: 2, output: 10)])
    }

    static func request(_ text: String = "Is this insecure?", draw: Int = 0) -> ChatRequest {
        ChatRequest([ChatMessage(.user, text)], maxTokens: 50, temperature: 0, draw: draw)
    }

    static func endpoint(
        _ server: ScriptedServer, store: CallStore? = nil, budget: Budget? = nil, clock: PatientClock = PatientClock(),
        log: EventLog? = nil, _ change: (inout EndpointConfiguration) -> Void = { _ in }
    ) throws -> OpenAIEndpoint {
        var configuration = configuration(server)
        change(&configuration)
        return try OpenAIEndpoint(
            configuration, store: store, budget: budget, environment: environment, clock: clock, jitterSeed: 7,
            observer: { log?.add($0) })
    }

    /// What asking gives, as an error.
    static func failure(_ endpoint: OpenAIEndpoint, _ request: ChatRequest = request()) async -> EndpointError? {
        do {
            _ = try await endpoint.reply(to: request)
            return nil
        } catch {
            return error as? EndpointError
        }
    }
}

/// A folder that is gone afterwards.
func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("emlab-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}

/// All files below a folder.
func files(below folder: URL) -> [URL] {
    guard let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey]) else {
        return []
    }
    return all.compactMap { $0 as? URL }
        .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
}

/// Gathers what is observed.
final class EventLog: Sendable {
    private let all = Mutex<[CallEvent]>([])
    var events: [CallEvent] { all.withLock { $0 } }
    func add(_ event: CallEvent) { all.withLock { $0.append(event) } }
}
