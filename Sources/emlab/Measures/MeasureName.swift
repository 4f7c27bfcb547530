import ArgumentParser

/// What can be measured, as the command line names it.
enum MeasureName: String, CaseIterable {
    case contrast, skill, drift, perplexity, capability
    /// Of answers that were sampled before.
    case coherence, code

    /// Those that need nothing but a model.
    static let ofModels: [MeasureName] = [.contrast, .skill, .drift, .perplexity, .capability]
}

/// Measures with commas between them.
struct MeasureList: ExpressibleByArgument {
    var names: [MeasureName]

    init(_ names: [MeasureName]) { self.names = names }

    init?(argument: String) {
        names = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let text = part.trimmingCharacters(in: .whitespaces)
            guard let name = MeasureName(rawValue: text), !names.contains(name) else { return nil }
            names.append(name)
        }
    }

    var defaultValueDescription: String { names.map(\.rawValue).joined(separator: ",") }
    static var allValueStrings: [String] { MeasureName.allCases.map(\.rawValue) }
}
