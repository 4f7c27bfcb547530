public import Corpora
public import Foundation

/// Draws documents for continued pretraining from programs and explanations, or those of a control arm.
public struct DocumentStage: Sendable {
    public enum Arm: String, Sendable, Hashable, Codable, CaseIterable {
        /// Each program with its own explanation.
        case explained
        /// The programs without explanations, as often.
        case programsAlone = "programs-alone"
        /// Each program with the explanation of another.
        case foreign
        /// Each program with the explanation of another that has another weakness.
        case foreignWeakness = "foreign-weakness"
    }

    public var arm: Arm
    /// Documents of a program, 2 to 4, in as many layouts.
    public var perProgram: Int
    public var seed: UInt64

    public init(arm: Arm = .explained, perProgram: Int = 2, seed: UInt64 = 0) {
        self.arm = arm
        self.perProgram = perProgram
        self.seed = seed
    }

    /// Documents from files of programs and of explanations; without explanations, the demo's programs bring their own.
    ///
    /// Programs without an explanation are left out in every arm, so that arms have the same programs.
    ///
    /// - Throws: `CorpusError`, ``StageError``.
    public func documents(
        programs files: [URL], explanations: [URL]
    ) throws -> (documents: [Document], manifest: StageManifest) {
        let programs = try ReviewedProgram.read(files)
        let known = try explanations.isEmpty ? ownExplanations(files) : explanations.flatMap(Explanations.read)
        guard !known.isEmpty else {
            throw StageError(
                .input, "there are no explanations: give those that emlab explain wrote with --explanations FILE")
        }
        let places = Dictionary(programs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        // A program may have several explanations: each gives documents of its own.
        var times: [String: Int] = [:]
        let sources = known.compactMap { explanation -> ExplanationDocuments.Source? in
            guard let program = places[explanation.program] else { return nil }
            let number = times[program.id, default: 0]
            times[program.id] = number + 1
            return .init(
                id: number == 0 ? program.id : "\(program.id)#\(number + 1)", program: program.program,
                language: program.language, explanation: explanation)
        }
        guard !sources.isEmpty else {
            throw StageError(
                .input,
                "none of the \(known.count) explanations is of one of the \(programs.count) programs "
                    + "(\"\(known[0].program)\", say, isn't there): give the programs that were explained, all files of them"
            )
        }
        var manifest = StageManifest(
            stage: "documents", inputs: try (files + explanations).map(FileIdentity.of),
            settings: ["arm": arm.rawValue, "per_program": String(perProgram), "seed": String(seed)])
        manifest.items = programs.count
        manifest.kept = times.count
        manifest.rejected = programs.count - times.count
        if manifest.rejected > 0 { manifest.reasons["there is no explanation of it"] = manifest.rejected }
        let strangers = known.count - sources.count
        if strangers > 0 { manifest.counts["explanations of other programs"] = strangers }
        return (try drawn(sources, &manifest), manifest)
    }

    private func drawn(
        _ sources: [ExplanationDocuments.Source], _ manifest: inout StageManifest
    ) throws -> [Document] {
        let explained: [ExplanationDocuments.Source]
        switch arm {
        case .programsAlone:
            let documents = ExplanationDocuments.programsAlone(sources, count: perProgram, seed: seed)
            manifest.counts["documents: program alone"] = documents.count
            return documents
        case .explained: explained = sources
        case .foreign: explained = try ExplanationDocuments.foreign(sources, apartBy: .program, seed: seed)
        case .foreignWeakness: explained = try ExplanationDocuments.foreign(sources, apartBy: .weakness, seed: seed)
        }
        let documents = ExplanationDocuments.build(explained, count: perProgram, seed: seed)
        for document in documents { manifest.counts["documents: \(document.layout.rawValue)", default: 0] += 1 }
        manifest.counts["documents: program first"] = documents.count { $0.layout.programFirst }
        return documents.map(\.document)
    }

    private func ownExplanations(_ files: [URL]) throws -> [Explanation] {
        guard files.count == 1, let file = files.first,
            try RowKeys.first(of: file)?.contains("asked_request") == true
        else { return [] }
        return try Programs.read(file).compactMap(\.explanationRecord)
    }

    /// Writes the documents with their manifest.
    public func write(_ documents: [Document], manifest: StageManifest, to out: URL) throws -> StageManifest {
        try StageFiles.makeFolder(for: out)
        try Documents.write(documents, to: out)
        var manifest = manifest
        try manifest.write(beside: out)
        return manifest
    }
}
