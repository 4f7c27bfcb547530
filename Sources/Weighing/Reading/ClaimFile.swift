public import Evidence
public import Foundation
import Yams

/// Claims from YAML: a list, or a mapping with `claims:` (so that a study file can be given as it is).
public enum ClaimFile {
    private struct Holder: Decodable { var claims: [Claim] }

    /// - Throws: `CorpusError` if the file can't be read, ``WeighingError`` for what is wrong with a claim.
    public static func read(_ url: URL) throws -> [Claim] {
        let text = try YAMLFile.read(url)
        let file = url.relativePath
        let claims: [Claim]
        do {
            let root = try Yams.compose(yaml: text)
            let decoder = YAMLDecoder()
            claims =
                root?.mapping == nil
                ? try decoder.decode([Claim].self, from: text) : try decoder.decode(Holder.self, from: text).claims
        } catch {
            throw WeighingError(file, YAMLFile.words(error), "see emlab help weigh for the form of a claim")
        }
        guard !claims.isEmpty else { throw WeighingError(file, "there are no claims", "start each with \"- name: …\"") }
        let names = Dictionary(grouping: claims, by: \.name).filter { $1.count > 1 }.keys.sorted()
        guard names.isEmpty else {
            throw WeighingError(file, "two claims are named \(names.joined(separator: ", "))", "names must differ")
        }
        return claims
    }
}
