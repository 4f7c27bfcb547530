import Endpoints
import Foundation
import RandomStreams
import Testing

@Suite("Damaged replies") struct FuzzTests {
    static let whole = Completions.body(
        message: #"{"role":"assistant","content":"<think>a\ud83d\ude00</think>{\"score\": 8.5e1}","refusal":null}"#,
        logprobs: #"""
            {"content":[{"token":"8","logprob":-0.25,"bytes":[56],"top_logprobs":[{"token":"9","logprob":-1.5}]}]}
            """#)

    /// A reply with some of its bytes changed, cut, doubled or swapped for what parsers stumble over.
    static func mutated(_ stream: inout RandomStream) -> Data {
        var bytes = Array(whole.utf8)
        let pieces: [String] = [
            "{", "}", "[", "]", "\"", "\\", "\\u", "\\ud800", "\\u0000", "null", "true", "-", "1e999", "-0", "0x1",
            ",", ":", "\u{FEFF}", "\n", String(repeating: "[", count: 2_000), "99999999999999999999999999",
            "</think>", "<think>", "{\"error\":{\"code\":7}}", "\u{0}", "\u{301}",
        ]
        for _ in 0...stream.index(below: 6) {
            guard !bytes.isEmpty else { break }
            let at = stream.index(below: bytes.count)
            switch stream.index(below: 6) {
            case 0: bytes[at] = UInt8(truncatingIfNeeded: stream.next())
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + stream.index(below: 12)))
            case 2: bytes.insert(contentsOf: Array(pieces[stream.index(below: pieces.count)].utf8), at: at)
            case 3: bytes = Array(bytes.prefix(at))
            case 4:
                let end = min(bytes.count, at + 1 + stream.index(below: 60))
                bytes.insert(contentsOf: bytes[at..<end], at: at)
            default:
                let piece = Array(pieces[stream.index(below: pieces.count)].utf8)
                bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
            }
        }
        return Data(bytes)
    }

    @Test("are an answer or an error, never more", arguments: 0..<8) func parser(block: Int) throws {
        var (answers, errors) = (0, 0)
        for item in 0..<1_000 {
            var stream = RandomStream(seed: 20_26, purpose: "damaged replies", item: UInt64(block * 1_000 + item))
            let body = Self.mutated(&stream)
            do {
                let reply = try ChatReply(parsing: body)
                _ = (reply.object, reply.contentLogprobs, reply.usage?.totalTokens)
                answers += 1
            } catch {
                #expect(!error.description.isEmpty)
                #expect(!error.description.utf8.contains { $0 < 0x20 })
                errors += 1
            }
            _ = EmbeddedJSON.object(in: String(decoding: body, as: UTF8.self))
        }
        // Both happen, or the damage is too small or too large to say anything.
        #expect(answers > 40 && errors > 40, "\(answers) answers, \(errors) errors")
    }

    @Test("over HTTP leave the endpoint whole") func overHTTP() async throws {
        let script: @Sendable (Received) async -> Answer = { request in
            var stream = RandomStream(seed: 7, purpose: "damaged replies over HTTP", item: UInt64(request.number))
            return .bytes(Array(Self.mutated(&stream)))
        }
        try await ScriptedServer.with(script) { server in
            let endpoint = try Completions.endpoint(server) { $0.attempts = 1 }
            var outcomes = (answers: 0, errors: 0)
            for item in 0..<300 {
                do {
                    _ = try await endpoint.reply(to: Completions.request("number \(item)"))
                    outcomes.answers += 1
                } catch {
                    #expect(error is EndpointError)
                    outcomes.errors += 1
                }
            }
            #expect(outcomes.answers > 10 && outcomes.errors > 10)
            #expect(await server.received.count == 300)
        }
    }
}
