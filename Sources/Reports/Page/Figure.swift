/// A plot's place with its title, what it says for those who can't see it, its caption, and its numbers as a table.
struct Figure {
    var id: String
    var title: String
    /// What the plot shows, in one sentence, read out instead of it.
    var label: String
    var caption: String
    var table: String
    var tableName: String

    var html: String {
        """
        <figure aria-labelledby="\(id)-title">
        <h3 id="\(id)-title">\(HTMLText.content(title))</h3>
        <div role="img" aria-label="\(HTMLText.attribute(label))"><div class="plot" id="\(id)"></div></div>
        <figcaption>\(HTMLText.content(caption))</figcaption>
        <details><summary>\(HTMLText.content(tableName))</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="\(HTMLText.attribute("\(tableName): \(title)"))">
        \(table)
        </div></details>
        </figure>
        """
    }
}

/// A plain table: the first columns text, the rest numbers.
struct HTMLTable {
    var caption: String?
    var columns: [String]
    var rows: [[String]]
    var textColumns = 1

    var html: String {
        func cell(_ tag: String, _ place: Int, _ text: String, _ scope: String = "") -> String {
            let side = place < textColumns ? "" : " class=\"number\""
            return "<\(tag)\(scope)\(side)>\(HTMLText.content(text))</\(tag)>"
        }
        let head = columns.enumerated().map { cell("th", $0.offset, $0.element, " scope=\"col\"") }.joined()
        let body = rows.map { row in
            "<tr>"
                + row.enumerated().map { place, text in
                    place == 0 ? cell("th", place, text, " scope=\"row\"") : cell("td", place, text)
                }.joined() + "</tr>"
        }
        return """
            <table>\(caption.map { "<caption>\(HTMLText.content($0))</caption>" } ?? "")<thead><tr>\(head)</tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody></table>
            """
    }
}
