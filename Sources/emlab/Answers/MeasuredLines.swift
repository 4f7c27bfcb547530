import Evidence
import Foundation
import Measurement

/// Measured values as they come together, each once.
struct MeasuredLines {
    private struct Key: Hashable {
        var measure: String
        var arm: String
        var item: String
    }

    private var values: [Key: MeasuredValue] = [:]

    init(_ lines: [MeasuredValue] = []) { for line in lines { add(line) } }

    var count: Int { values.count }
    var isEmpty: Bool { values.isEmpty }

    subscript(method: SensitivityMethod, arm: String, item: String) -> MeasuredValue? {
        values[Key(measure: method.measure, arm: arm, item: item)]
    }

    /// The value of the same measure, arm and item.
    subscript(value: MeasuredValue) -> MeasuredValue? { values[Self.key(value)] }

    mutating func add(_ value: MeasuredValue) { values[Self.key(value)] = value }

    private static func key(_ value: MeasuredValue) -> Key {
        Key(measure: value.measure, arm: value.arm, item: value.item)
    }

    func sorted(arms: [String], methods: [SensitivityMethod], items: [String]) -> [MeasuredValue] {
        arms.flatMap { arm in
            methods.flatMap { method in items.compactMap { self[method, arm, $0] } }
        }
    }

    /// Reads what a run has written.
    ///
    /// - Throws: ``ConsoleError`` for a file that can't be read, or a line that is no measured value.
    static func read(_ path: String) throws -> [MeasuredValue] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw ConsoleError("\(path) can't be read: give the --out of an earlier run")
        }
        return try data.split(separator: 0x0A).enumerated().map { number, line in
            do { return try Console.decode(MeasuredValue.self, from: Data(line)) } catch {
                throw ConsoleError(
                    "\(path):\(number + 1) is no measured value; give the --out of an earlier `emlab probe sensitivity`"
                )
            }
        }
    }
}
