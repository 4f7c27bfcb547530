import Crypto
import Foundation

/// A study as it was before anything ran: what it claims, does and reads, sealed by a hash over all of it. Changed by as
/// much as a comma, it no longer opens. Signed with a key, it also says whose it is.
public struct Preregistration: Sendable, Hashable {
    /// Everything that is sealed.
    public var content: Value
    /// SHA-256 of the canonical JSON of ``content``.
    public var seal: String
    /// Ed25519 over the seal's text, in Base64; none where it was only sealed.
    public var signature: String?
    /// In Base64.
    public var publicKey: String?

    /// - Parameters:
    ///   - sealed: when, in seconds since 1970.
    ///   - key: signs it.
    public init(_ plan: Plan, sealed: Double = Date().timeIntervalSince1970, key: Curve25519.Signing.PrivateKey? = nil)
        throws
    {
        let settings = plan.study.settings
        content = [
            "format": 1, "study": settings, "claims": settings["claims"] ?? [:], "sealed": .whole(Int(sealed)),
            "fingerprints": .object(plan.fingerprints.mapValues(Value.text)),
            "steps": .object(
                Dictionary(plan.steps.map { ($0.label, .text($0.key.digits)) }, uniquingKeysWith: { first, _ in first })
            ),
        ]
        seal = CanonicalJSON.hash(content)
        if let key {
            signature = try key.signature(for: Data(seal.utf8)).base64EncodedString()
            publicKey = key.publicKey.rawRepresentation.base64EncodedString()
        }
    }

    private struct Record: Codable {
        var content: Value
        var seal: String
        var signature: String?
        var publicKey: String?

        enum CodingKeys: String, CodingKey {
            case content, seal, signature
            case publicKey = "public_key"
        }
    }

    /// The record as it is kept: JSON that people can read.
    public func data() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let record = Record(content: content, seal: seal, signature: signature, publicKey: publicKey)
        return try encoder.encode(record) + Data("\n".utf8)
    }

    /// Opens a record.
    ///
    /// - Throws: ``PreregistrationError`` where it was changed after it was sealed, or its signature doesn't hold.
    public init(_ data: Data, file: String) throws {
        guard let record = try? JSONDecoder().decode(Record.self, from: data) else {
            throw PreregistrationError(
                what: "\(file) is no preregistration", remedy: "name a file that emlab plan --preregister wrote")
        }
        guard CanonicalJSON.hash(record.content) == record.seal else {
            throw PreregistrationError(
                what: "\(file) was changed after it was sealed: its content no longer has the hash \(record.seal)",
                remedy: "take the record as it was made")
        }
        if let signature = record.signature {
            guard let key = record.publicKey.flatMap({ Data(base64Encoded: $0) }),
                let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: key),
                let bytes = Data(base64Encoded: signature),
                publicKey.isValidSignature(bytes, for: Data(record.seal.utf8))
            else {
                throw PreregistrationError(
                    what: "the signature of \(file) doesn't hold", remedy: "take the record as it was made")
            }
        }
        content = record.content
        seal = record.seal
        signature = record.signature
        publicKey = record.publicKey
    }

    /// A private key of 32 bytes, raw, or in Base64 or hexadecimal digits.
    public static func key(_ data: Data, file: String) throws -> Curve25519.Signing.PrivateKey {
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        let candidates = [data, Data(base64Encoded: text), hexadecimal(text)].compactMap { $0 }
        for candidate in candidates where candidate.count == 32 {
            if let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: candidate) { return key }
        }
        throw PreregistrationError(
            what: "\(file) holds no Ed25519 key", remedy: "make one: head -c 32 /dev/urandom | base64 > \(file)")
    }

    private static func hexadecimal(_ text: String) -> Data? {
        let digits = Array(text)
        guard digits.count == 64 else { return nil }
        let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        return bytes.count == 32 ? Data(bytes) : nil
    }
}

public struct PreregistrationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var what: String
    public var remedy: String
    public var description: String { "\(what); \(remedy)" }
}
