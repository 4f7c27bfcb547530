import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a client sent.
struct Received: Sendable {
    var number: Int
    var uri: String
    var headers: [String: String]
    var body: Data

    var authorization: String? { headers["authorization"] }
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
}

/// What the server does about it.
enum Answer: Sendable {
    case reply(Int = 200, [(String, String)] = [("Content-Type", "application/json")], String)
    /// Bytes rather than text: a reply that isn't UTF-8.
    case bytes([UInt8])
    /// Nothing, ever.
    case hang
    /// Closes the connection before a word.
    case drop
    /// Promises the whole text, sends part of it, closes.
    case truncate(String, after: Int)
    /// A chunk at a time, this many milliseconds apart.
    case drip([String], milliseconds: Int)
    /// Chunks without end.
    case flood
}

/// A server on loopback that does what a script says, and remembers what it was asked.
final class ScriptedServer: Sendable {
    let port: Int
    private let channel: any Channel
    private let log: Log

    actor Log {
        var received: [Received] = []
        var underWay = 0
        var mostUnderWay = 0

        func begin(_ uri: String, _ headers: [String: String], _ body: Data) -> Received {
            let request = Received(number: received.count + 1, uri: uri, headers: headers, body: body)
            received.append(request)
            underWay += 1
            mostUnderWay = max(mostUnderWay, underWay)
            return request
        }

        func end() { underWay -= 1 }
    }

    init(_ script: @escaping @Sendable (Received) async -> Answer) async throws {
        let log = Log()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Conversation(script, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.log = log
        port = channel.localAddress?.port ?? 0
    }

    /// One that answers whatever it reads with these bytes, be they HTTP or not, and closes.
    init(saying text: String) async throws {
        log = Log()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Monologue(text))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Runs `body` with a server and closes it afterwards.
    static func with<Value>(
        _ script: @escaping @Sendable (Received) async -> Answer,
        _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let server = try await ScriptedServer(script)
        do {
            let value = try await body(server)
            await server.close()
            return value
        } catch {
            await server.close()
            throw error
        }
    }

    func close() async { try? await channel.close() }

    var baseURL: String { "http://127.0.0.1:\(port)/v1" }
    var received: [Received] { get async { await log.received } }
    var mostUnderWay: Int { get async { await log.mostUnderWay } }
}

/// One connection: gathers a request, asks the script, does as it says.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let script: @Sendable (Received) async -> Answer
    private let log: ScriptedServer.Log
    private var head: HTTPRequestHead?
    private var body = Data()

    init(_ script: @escaping @Sendable (Received) async -> Answer, _ log: ScriptedServer.Log) {
        self.script = script
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = Data()
        case .body(let part): body.append(contentsOf: part.readableBytesView)
        case .end:
            if let head { Self.answer(head, body, on: context.channel, by: script, log) }
        }
    }

    private static func answer(
        _ head: HTTPRequestHead, _ body: Data, on channel: any Channel,
        by script: @escaping @Sendable (Received) async -> Answer, _ log: ScriptedServer.Log
    ) {
        let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        Task {
            let request = await log.begin(head.uri, headers, body)
            let answer = await script(request)
            await log.end()
            try? await give(answer, channel)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static func give(_ answer: Answer, _ channel: any Channel) async throws {
        func head(_ status: Int, _ headers: [(String, String)]) -> HTTPServerResponsePart {
            .head(
                HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: HTTPHeaders(headers)))
        }
        func chunk(_ bytes: some Sequence<UInt8>) -> HTTPServerResponsePart {
            .body(.byteBuffer(ByteBuffer(bytes: bytes)))
        }
        func whole(_ status: Int, _ headers: [(String, String)], _ bytes: [UInt8]) async throws {
            channel.write(head(status, headers + [("Content-Length", "\(bytes.count)")]), promise: nil)
            channel.write(chunk(bytes), promise: nil)
            try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        }
        switch answer {
        case .reply(let status, let headers, let text): try await whole(status, headers, Array(text.utf8))
        case .bytes(let bytes): try await whole(200, [], bytes)
        case .hang: break
        case .drop: try await channel.close()
        case .truncate(let text, let count):
            let bytes = Array(text.utf8)
            channel.write(head(200, [("Content-Length", "\(bytes.count)")]), promise: nil)
            try await channel.writeAndFlush(chunk(bytes.prefix(count)))
            try await channel.close()
        case .drip(let chunks, let milliseconds):
            channel.write(head(200, [("Transfer-Encoding", "chunked")]), promise: nil)
            for text in chunks {
                try await channel.writeAndFlush(chunk(text.utf8))
                try await Task.sleep(for: .milliseconds(milliseconds))
            }
            try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        case .flood:
            channel.write(head(200, [("Transfer-Encoding", "chunked")]), promise: nil)
            // Until the client has enough of it; bounded, should it not.
            for _ in 0..<1_000 { try await channel.writeAndFlush(chunk([UInt8](repeating: 0x20, count: 65_536))) }
        }
    }
}

private final class Monologue: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let text: String

    init(_ text: String) { self.text = text }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
