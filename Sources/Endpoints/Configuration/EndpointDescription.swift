import Corpora
public import Foundation
import Yams

/// What answers, as a mapping says it: `kind: openai` (the default) or `kind: local`, and the kind's own fields.
public enum EndpointDescription: Hashable, Sendable, Codable {
    case openai(EndpointConfiguration)
    case local(LocalConfiguration)

    /// No description is longer.
    static let mostBytes = 1 << 20

    public init(from decoder: any Decoder) throws {
        struct Kind: Decodable { @Lenient var kind: String? }
        let kind = try? Kind(from: decoder).kind
        self =
            kind == EndpointKind.local.rawValue
            ? .local(try LocalConfiguration(from: decoder)) : .openai(try EndpointConfiguration(from: decoder))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .openai(let configuration): try configuration.encode(to: encoder)
        case .local(let configuration): try configuration.encode(to: encoder)
        }
    }

    /// The same with its relative paths relative to `folder`.
    public func resolved(in folder: URL) -> EndpointDescription {
        guard case .local(var local) = self else { return self }
        local.resolvePaths(in: folder)
        return .local(local)
    }

    /// The description in a YAML (or JSON) file; paths in it are relative to the file's folder.
    ///
    /// - Throws: ``EndpointConfigurationError`` with all mistakes, each with the file's name.
    public static func read(_ file: URL) throws -> EndpointDescription {
        func failure(_ what: String, _ remedy: String) -> EndpointConfigurationError {
            EndpointConfigurationError(mistakes: [.init(path: file.relativePath, what: what, remedy: remedy)])
        }
        guard let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize else {
            throw failure("there is no such file", "give a YAML file that says what answers (kind, model, …)")
        }
        guard size <= mostBytes, let bytes = try? Data(contentsOf: file), let text = String(validating: bytes) else {
            throw failure("it can't be read as text", "give a YAML file that says what answers (kind, model, …)")
        }
        do {
            return try YAMLDecoder().decode(EndpointDescription.self, from: text)
                .resolved(in: file.deletingLastPathComponent())
        } catch var error as EndpointConfigurationError {
            for index in error.mistakes.indices {
                error.mistakes[index].path = "\(file.relativePath): \(error.mistakes[index].path)"
            }
            throw error
        } catch let error as DecodingError {
            if case .dataCorrupted(let context) = error,
                let inner = context.underlyingError as? EndpointConfigurationError
            {
                throw inner
            }
            throw failure("it is not valid YAML: \(ReplyParser.words("\(error)"))", "mend it")
        } catch {
            throw failure("it is not valid YAML: \(ReplyParser.words("\(error)"))", "mend it")
        }
    }
}

/// Which kind of endpoint a mapping describes.
public enum EndpointKind: String, Codable, Hashable, Sendable, CaseIterable {
    case openai
    case local
}

extension String {
    fileprivate init?(validating bytes: Data) { self.init(bytes: bytes, encoding: .utf8) }
}
