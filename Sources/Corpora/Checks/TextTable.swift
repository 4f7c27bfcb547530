import Foundation

/// Columns of plain text: numbers to the right, the rest to the left.
package func textTable(_ head: [String], _ rows: [[String]]) -> String {
    let all = [head] + rows
    let columns = head.indices.map { column in
        let cells = rows.compactMap { column < $0.count ? $0[column] : nil }
        let width = max(head[column].count, cells.map(\.count).max() ?? 0)
        return (width: width, isNumber: cells.allSatisfy { $0.first.map { $0.isNumber || $0 == "-" } ?? true })
    }
    return all.map { row in
        zip(row, columns).map { cell, column in
            let space = String(repeating: " ", count: max(0, column.width - cell.count))
            return column.isNumber ? space + cell : cell + space
        }.joined(separator: "  ").trimmingTrailingSpaces()
    }.joined(separator: "\n")
}

/// A number with this many digits after the point, the same in every locale.
package func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

extension StringProtocol {
    func trimmingTrailingSpaces() -> String { String(reversed().drop { $0 == " " }.reversed()) }
}

/// Tables for people.
package enum TextTable {
    /// Columns of plain text: numbers to the right, the rest to the left.
    package static func plain(_ head: [String], _ rows: [[String]]) -> String { textTable(head, rows) }
}
