import Corpora
import Foundation
import Yams

/// A small YAML file of our own: a list, bounded in size and depth before the parser sees it.
enum YAMLFile {
    static func read(_ url: URL) throws -> String {
        let file = url.relativePath
        let text = try QuestionBank.contents(url, file: file)
        if let line = QuestionBank.tooDeep(text) {
            throw WeighingError("\(file):\(line)", "the YAML nests too deep", "such a file nests three levels")
        }
        return text
    }

    static func words(_ error: any Error) -> String {
        switch error {
        case DecodingError.dataCorrupted(let context):
            // The parser's own error, where there is one, says line and column.
            context.underlyingError.map { "\($0)" } ?? context.debugDescription
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
        default: "\(error)"
        }
    }
}
