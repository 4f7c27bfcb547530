import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTP as the endpoint needs it: one POST, a bounded answer, no redirects, nothing logged.
final class Transport: Sendable, CustomReflectable {
    struct Answer: Sendable {
        var status: Int
        var retryAfter: String?
        var date: String?
        var location: String?
        var body: Data
    }

    struct Failure: Error {
        enum Kind { case noConnection, broken, tooLarge, unusable }
        var kind: Kind
        var what: String
    }

    /// Of a reply that isn't an answer, only so much is read.
    static let mostComplaintBytes = 64 << 10

    private let client: HTTPClient

    init(concurrency: Int, connectTimeout: Double) {
        var configuration = HTTPClient.Configuration()
        // A redirect would carry the key to whatever host it names.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .milliseconds(Int64(min(connectTimeout, 10) * 1_000) + 1)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = concurrency
        // The endpoint does that itself, by its own clock.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // For those who forget: a client that isn't shut down keeps its connections.
        let client = client
        Task { try? await client.shutdown() }
    }

    /// The client remembers what it sent.
    var customMirror: Mirror { Mirror(self, children: [:]) }

    func shutdown() async { try? await client.shutdown() }

    func post(_ body: Data, to url: String, key: APIKey?, mostBytes: Int, timeout: Double) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "emlab")
        if let key { request.headers.add(name: "Authorization", value: key.header) }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            // The endpoint's own time-out comes first; this one only makes sure that no connection lives on.
            let nanoseconds = Int64(min(timeout * 2 + 5, 1e9) * 1e9)
            let response = try await client.execute(request, timeout: .nanoseconds(nanoseconds))
            return try await answer(response, mostBytes: mostBytes)
        } catch {
            throw try Self.failure(error)
        }
    }

    private func answer(_ response: HTTPClientResponse, mostBytes: Int) async throws -> Answer {
        let isAnswer = response.status.code == 200
        let limit = isAnswer ? mostBytes : Self.mostComplaintBytes
        let tooLarge = Failure(kind: .tooLarge, what: "the reply is longer than \(mostBytes) bytes")
        if isAnswer, let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > limit {
            throw tooLarge
        }
        var body = Data()
        for try await chunk in response.body {
            body.append(contentsOf: chunk.readableBytesView.prefix(limit - body.count + 1))
            if body.count > limit {
                if isAnswer { throw tooLarge }
                body = body.prefix(limit)
                break
            }
        }
        // A cancelled stream may just end.
        try Task.checkCancellation()
        return Answer(
            status: Int(response.status.code), retryAfter: response.headers.first(name: "Retry-After"),
            date: response.headers.first(name: "Date"), location: response.headers.first(name: "Location"), body: body)
    }

    /// In words of our own: those of libraries may quote what was sent.
    private static func failure(_ error: any Error) throws -> Failure {
        if Task.isCancelled || error is CancellationError { throw CancellationError() }
        switch error {
        case let failure as Failure: return failure
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout: return Failure(kind: .noConnection, what: "no connection in time")
            case .alreadyShutdown: return Failure(kind: .unusable, what: "the endpoint was shut down")
            case .invalidURL, .emptyHost, .emptyScheme:
                return Failure(kind: .unusable, what: "base_url can't be called")
            case .tlsHandshakeTimeout: return Failure(kind: .noConnection, what: "the TLS handshake took too long")
            case .deadlineExceeded, .readTimeout, .writeTimeout:
                return Failure(kind: .broken, what: "the reply stopped coming")
            case .remoteConnectionClosed, .uncleanShutdown:
                return Failure(kind: .broken, what: "the server closed the connection before the reply was whole")
            default: return Failure(kind: .broken, what: "the exchange failed (\(error.shortDescription))")
            }
        case is HTTPParserError: return Failure(kind: .broken, what: "the reply is not valid HTTP, or was cut off")
        case let error as IOError:
            let isRefused = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode)
            return Failure(kind: isRefused ? .noConnection : .broken, what: words(error))
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.lazy.compactMap({ $0.error as? IOError }).first {
                return Failure(kind: .noConnection, what: "no connection: \(words(first))")
            }
            return Failure(kind: .noConnection, what: "no connection: the host's name can't be resolved")
        default:
            // TLS and what else may be: the type says enough.
            let name = String(describing: type(of: error))
            return Failure(kind: .noConnection, what: "no connection (\(name))")
        }
    }

    private static func words(_ error: IOError) -> String { String(cString: strerror(error.errnoCode)).lowercased() }
}
