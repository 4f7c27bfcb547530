/// What may stand at a place of a study file. Reading, checking, defaults and the JSON Schema all come from this one
/// description.
indirect enum Shape: Sendable {
    case text
    /// A path or a name of a file; relative to the file that it stands in.
    case path
    /// The name of something that the study defines.
    case name(of: [Section])
    case whole(ClosedRange<Int>)
    /// `above`: the lower bound itself is not allowed.
    case number(ClosedRange<Double>, above: Bool)
    case flag
    case choice([String])
    case list(of: Shape, atLeast: Int)
    case mapping([Key])
    /// Names of the author's choice, each with the same shape.
    case named(Shape)
    /// The first that fits.
    case either([Shape])
    /// A mapping whose key `kind` says which other keys there are.
    case kinds([StepKind])
    /// Whatever the reader of that part says.
    case anything

    /// Where names come from.
    enum Section: Hashable, Sendable {
        case models, data, endpoints
        case steps([StepKind])
    }

    /// The names of several, or of one.
    static func names(of sections: [Section]) -> Shape {
        .either([.name(of: sections), .list(of: .name(of: sections), atLeast: 1)])
    }

    /// Where the name of something can stand, whose names these are; none for other shapes.
    var sections: [Section]? {
        switch self {
        case .name(let sections): sections
        case .either(let shapes): shapes.lazy.compactMap(\.sections).first
        default: nil
        }
    }

    /// In words, for "… is needed".
    var words: String {
        switch self {
        case .text: "text"
        case .path: "a path"
        case .name(let sections): "the name of " + sections.map(\.words).joined(separator: " or ")
        case .whole(let range):
            range.upperBound == .max
                ? "a whole number from \(range.lowerBound)"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range, let above):
            "a number \(above ? "above" : "from") \(Value.number(range.lowerBound).shown)"
                + (range.upperBound == .greatestFiniteMagnitude ? "" : " to \(Value.number(range.upperBound).shown)")
        case .flag: "true or false"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .list(let element, _): "a list, each \(element.words)"
        case .mapping(let keys): "a mapping of " + keys.prefix(4).map(\.name).joined(separator: ", ")
        case .named: "a mapping from names of your choice"
        case .either(let shapes): shapes.map(\.words).joined(separator: ", or ")
        case .kinds: "a mapping with \"kind\""
        case .anything: "anything"
        }
    }
}

extension Shape.Section {
    var words: String {
        switch self {
        case .models: "a model"
        case .data: "data"
        case .endpoints: "an endpoint"
        case .steps(let kinds): "a step that is \(kinds.map(\.rawValue).joined(separator: "/"))"
        }
    }
}

/// One key of a mapping in a study file.
struct Key: Sendable {
    var name: String
    var shape: Shape
    var about: String
    var isRequired = false
    var standard: Value?
    /// Whether a sweep may vary it.
    var varies = false

    init(
        _ name: String, _ shape: Shape, _ about: String, required: Bool = false, default standard: Value? = nil,
        varies: Bool = false
    ) {
        self.name = name
        self.shape = shape
        self.about = about
        self.isRequired = required
        self.standard = standard
        self.varies = varies
    }
}
