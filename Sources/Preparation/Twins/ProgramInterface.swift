/// What others call a Python program by: its functions with their parameters, and its classes.
public struct ProgramInterface: Sendable, Hashable {
    /// Parameters in order, without annotations and defaults, by the function's name.
    public var functions: [String: [String]]
    public var classes: Set<String>

    /// Reads definitions line by line; text inside of strings that looks like one counts as one.
    public init(python program: String) {
        functions = [:]
        classes = []
        for match in program.matches(
            of: #/(?m)^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(([^()]*(?:\([^()]*\)[^()]*)*)\)/#)
        {
            functions[String(match.1)] = Self.parameters(match.2)
        }
        for match in program.matches(of: #/(?m)^[ \t]*class[ \t]+(\w+)/#) { classes.insert(String(match.1)) }
    }

    /// What of this interface `other` lacks, in words; parameters may be added at the end.
    public func missing(in other: ProgramInterface) -> [String] {
        var found = classes.subtracting(other.classes).sorted().map { "the class \($0)" }
        for (name, parameters) in functions.sorted(by: { $0.key < $1.key }) {
            guard let others = other.functions[name] else {
                found.append("the function \(name)")
                continue
            }
            if Array(others.prefix(parameters.count)) != parameters {
                found.append("the parameters (\(parameters.joined(separator: ", "))) of \(name)")
            }
        }
        return found
    }

    private static func parameters(_ list: Substring) -> [String] {
        var depth = 0
        var names: [String] = []
        var current = ""
        for character in list + "," {
            switch character {
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth -= 1
            case "," where depth == 0:
                let name = current.prefix { $0 != ":" && $0 != "=" }.filter { !$0.isWhitespace }
                if !name.isEmpty { names.append(String(name)) }
                current = ""
                continue
            default: break
            }
            current.append(character)
        }
        return names
    }
}
