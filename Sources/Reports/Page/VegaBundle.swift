/// The JavaScript of Vega, Vega-Lite and Vega-Embed as one text, made by scripts/vega-bundle.py.
public struct VegaBundle: Sendable {
    public let text: String

    public init(text: String) { self.text = text }

    /// The text as it can stand in a script element: no `</script` and no `<!--` in it.
    ///
    /// - Throws: `ReportError` if it doesn't set `window.vegaEmbed`.
    func inlined() throws -> String {
        guard text.contains("window.vegaEmbed") else {
            throw ReportError(
                "the plot library is missing or not the bundle that is needed",
                "make it with: python3 scripts/vega-bundle.py .deps/vega/vega-bundle.js")
        }
        let closed = text.replacing(/<\/(script)/.ignoresCase()) { "<\\/\($0.output.1)" }
        // A block keeps its names out of the page's.
        return "{\n" + closed.replacing("<!--", with: "<\\!--") + "\n}"
    }
}
