import Corpora
import Foundation

/// Files that a test writes, gone with it.
final class Scratch {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("corpora-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func file(_ text: String, name: String = "rows.jsonl") throws -> URL { try file(Data(text.utf8), name: name) }

    func file(_ bytes: Data, name: String = "rows.jsonl") throws -> URL {
        let url = folder.appendingPathComponent(name)
        try bytes.write(to: url)
        return url
    }
}

/// The mistakes that a reader finds, as `line: what; remedy`.
func mistakes<Rows>(_ read: () throws -> Rows) -> [String] {
    do {
        _ = try read()
        return []
    } catch let error as CorpusError {
        return error.mistakes.map { "\($0.line.map(String.init) ?? "-"): \($0.what); \($0.remedy)" }
    } catch {
        return ["not a CorpusError: \(error)"]
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
