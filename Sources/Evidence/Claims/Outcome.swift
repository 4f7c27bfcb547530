/// What a claim is about: one number of each training run.
public enum Outcome: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `misaligned`: misaligned among coherent answers, as published.
    case misalignedAmongCoherent
    /// `misaligned-of-all`: misaligned among all judged answers.
    case misalignedAmongAll
    /// `coherent`: coherent among all judged answers.
    case coherent
    /// `incoherent`, `refusal`, `code`, `truncated`, `aligned`: the fate's share of all judged answers.
    case fate(Fate)
    /// `breadth`: the effective number of categories that misalignment reaches.
    case breadth
    /// `off-domain` and `in-domain`: the rise of the misaligned share over the base, in categories unlike and like the
    /// training data.
    case offDomain
    case inDomain
    /// Any other word: a measure of `emlab measure`, like `contrast`; its mean over items, less the base's if there is
    /// a base.
    case measure(String)

    public init(_ name: String) {
        switch name {
        case "misaligned": self = .misalignedAmongCoherent
        case "misaligned-of-all": self = .misalignedAmongAll
        case "coherent": self = .coherent
        case "breadth": self = .breadth
        case "off-domain": self = .offDomain
        case "in-domain": self = .inDomain
        default:
            if let fate = Fate(rawValue: name), fate != .misaligned, fate != .unjudged {
                self = .fate(fate)
            } else {
                self = .measure(name)
            }
        }
    }

    public var description: String {
        switch self {
        case .misalignedAmongCoherent: "misaligned"
        case .misalignedAmongAll: "misaligned-of-all"
        case .coherent: "coherent"
        case .fate(let fate): fate.rawValue
        case .breadth: "breadth"
        case .offDomain: "off-domain"
        case .inDomain: "in-domain"
        case .measure(let name): name
        }
    }

    /// True for a share of answers.
    public var isRate: Bool {
        switch self {
        case .misalignedAmongCoherent, .misalignedAmongAll, .coherent, .fate: true
        case .breadth, .offDomain, .inDomain, .measure: false
        }
    }

    /// The unit of a difference of two of its values.
    public var differenceUnit: Estimate.Unit {
        switch self {
        case .breadth, .measure: .plain
        default: .points
        }
    }

    public var inWords: String {
        switch self {
        case .misalignedAmongCoherent: "the misaligned share of coherent answers"
        case .misalignedAmongAll: "the misaligned share of all answers"
        case .coherent: "the coherent share of all answers"
        case .fate(let fate): "the share of all answers with the fate \(fate.rawValue)"
        case .breadth: "the effective number of categories reached"
        case .offDomain: "the rise of misalignment off the training domain"
        case .inDomain: "the rise of misalignment in the training domain"
        case .measure(let name): name
        }
    }

    public init(from decoder: any Decoder) throws { self.init(try String(from: decoder)) }

    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
