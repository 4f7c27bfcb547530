/// What can be wrong with a request to build or run a decoder.
public enum TransformerError: Error, Equatable, CustomStringConvertible {
    case unknownTarget(String)
    case layerOutOfRange(Int, layers: Int)
    case rank(Int, module: String, limit: Int)
    case adapterDoesNotFit(module: String, found: String, expected: String)
    case nothingAdapted
    case tokenOutOfRange(Int32, vocabulary: Int)
    case tooLong(tokens: Int, limit: Int)
    case notFinite(tensor: String)

    public var description: String {
        switch self {
        case .unknownTarget(let name):
            "'\(name)' is not a module to adapt. Use mlp, attention, all-linear, or names out of "
                + LinearModule.allCases.map(\.rawValue).joined(separator: ", ")
        case .layerOutOfRange(let layer, let layers):
            "there is no layer \(layer): this model's layers are 0 to \(layers - 1)"
        case .rank(let rank, let module, let limit):
            "rank \(rank) does not fit \(module): use a rank from 1 to \(limit), the smaller side of that matrix"
        case .adapterDoesNotFit(let module, let found, let expected):
            "the adapter is of another model: its \(module) is \(found), this model has \(expected)"
        case .nothingAdapted:
            "the adapter touches no matrix of this model: check its target modules and layers"
        case .tokenOutOfRange(let token, let vocabulary):
            "token \(token) is outside the model's vocabulary of \(vocabulary): is the tokenizer another model's?"
        case .tooLong(let tokens, let limit):
            "\(tokens) tokens are more than the model's context of \(limit)"
        case .notFinite(let tensor):
            "the weight \(tensor) holds a NaN or an infinity: the model file is damaged"
        }
    }
}
