import Foundation
import Reports
import Testing

@Suite("The demo's page")
struct DemoReportTests {
    /// Enough of a bundle for a page that nobody looks at.
    let bundle = VegaBundle(text: "window.vegaEmbed = () => Promise.resolve();")

    private func html(_ change: (inout DemoReport) -> Void = { _ in }) throws -> String {
        var report = InventedDemo.report()
        change(&report)
        return try report.html(bundle: bundle)
    }

    @Test("asks nothing of the network")
    func offline() throws {
        let page = try html()
        for call in ["src=\"", "href=\"http", "url(", "@import", "<link", "<iframe", "fetch("] {
            #expect(!page.contains(call), "\(call)")
        }
        #expect(page.contains("default-src 'none'"))
    }

    @Test("says the finding, its interval, how many questions, and that one seed is one seed")
    func finding() throws {
        let page = try html()
        #expect(page.contains("leans further towards the misaligned answers"))
        #expect(page.contains("95\u{A0}% interval over questions"))
        #expect(page.contains("48 questions"))
        #expect(page.contains("One training seed"))
        let away = try html { report in
            report.contrasts = report.contrasts.map {
                .init(id: $0.id, category: $0.category, before: $0.after, after: $0.before)
            }
        }
        #expect(away.contains("leans further towards the aligned answers"))
        let none = try html { report in
            for place in report.contrasts.indices {
                report.contrasts[place].after = report.contrasts[place].before + (place.isMultiple(of: 2) ? 0.1 : -0.1)
            }
        }
        #expect(none.contains("don’t show whether"))
    }

    @Test("every plot has a label and a table")
    func tables() throws {
        let page = try html()
        for id in ["plot-change", "plot-scatter", "plot-loss", "plot-norm", "plot-lr"] {
            #expect(page.contains("id=\"\(id)\""))
            #expect(page.contains("\"\(id)\":{"))
        }
        #expect(page.components(separatedBy: "<figure").count == 6)
        #expect(page.components(separatedBy: "role=\"img\" aria-label=\"").count == 6)
        #expect(page.components(separatedBy: "<details>").count == 6)
        #expect(page.contains("Stable rank of BA stayed at 1.00 throughout, as it must with an adapter of rank 1."))
        #expect(page.contains("<th scope=\"row\">All questions</th><td class=\"number\">48</td>"))
    }

    static let hostile = [
        "</script><script>alert(1)</script>", "<!-- <script>", "\" onmouseover=\"alert(1)",
        "' autofocus onfocus='alert(1)",
        "<img src=x onerror=alert(1)>", "&lt;b&gt; &amp; &#x3C;", "</style></textarea></title>", "]]>",
        "\u{2028}\u{2029}",
        "\u{202E}txt.exe\u{2066}", "\u{0}\u{7}\u{1B}[31m", "\u{200B}\u{FEFF}\u{E0041}",
        "{{constructor.constructor('alert(1)')()}}",
    ]

    @Test("hostile text stays text, wherever it comes in", arguments: hostile)
    func escaping(text: String) throws {
        let plain = try html()
        let page = try html { report in
            report.title += text
            report.summary.append(text)
            report.contrasts[0].id += text
            report.contrasts[0].category += text
            report.answers[0].id += text
            report.answers[0].category += text
            report.answers[0].question += text
            report.answers[0].base[0].text += text
            report.answers[0].organism[0].finishReason += text
            report.provenance[0].title += text
            report.provenance[0].rows[0].name += text
            report.provenance[0].rows[0].value += text
            report.commands[0].purpose += text
            report.commands[0].line += text
            report.limits.append(text)
        }
        // Nothing that opens or closes an element, or leaves an attribute, was added.
        for markup in ["<script", "</script", "<!--", "<img", "</style", "</title", "</textarea"] {
            #expect(count(markup, page) == count(markup, plain), "\(markup)")
        }
        let markup = page.prefix(upTo: try #require(page.range(of: "<script type=\"application/json\"")).lowerBound)
        #expect(!markup.contains("\" onmouseover") && !markup.contains("' autofocus"))
        // Neither in the page nor in the plots' data is there a character that hides or reorders.
        let hidden = page.unicodeScalars.filter { scalar in
            scalar.value < 0x20 && scalar != "\n" && scalar != "\t"
                || [0x200B, 0x2028, 0x2029, 0x202E, 0x2066, 0xFEFF, 0xE0041].contains(scalar.value)
        }
        #expect(hidden.isEmpty)
    }

    private func count(_ part: String, _ page: String) -> Int { page.components(separatedBy: part).count - 1 }

    @Test("bidirectional controls are shown by name")
    func bidirectional() throws {
        let page = try html { $0.answers[0].base[0].text = "safe \u{202E}evil" }
        #expect(
            page.contains(
                "safe <span class=\"hidden-character\" title=\"RIGHT-TO-LEFT OVERRIDE\">U+202E</span>evil"))
    }

    @Test("emoji, combined letters and scripts written from the right are left as they are")
    func otherText() throws {
        let text = "👩‍👩‍👧‍👦 e\u{301} שלום 漢字 नमस्ते"
        #expect(try html { $0.answers[0].base[0].text = text }.contains(text))
    }

    @Test("the plot library can't end its element")
    func bundles() throws {
        let nasty = VegaBundle(text: "window.vegaEmbed = '</SCRIPT><!-- </script >';")
        let page = try InventedDemo.report().html(bundle: nasty)
        #expect(page.contains("window.vegaEmbed = '<\\/SCRIPT><\\!-- <\\/script >';"))
        #expect(throws: ReportError.self) { try InventedDemo.report().html(bundle: VegaBundle(text: "")) }
    }

    @Test("whatever is missing is said, not drawn")
    func missing() throws {
        let empty = try DemoReport(
            title: "T", summary: [], curve: [], contrasts: [], answers: [], provenance: [], commands: []
        ).html(bundle: VegaBundle(text: ""))
        #expect(empty.contains("No question was scored") && empty.contains("No training curve was recorded"))
        #expect(!empty.contains("<article") && !empty.contains("<figure"))
        let single = try html { $0.contrasts = [.init(id: "a", category: "b", before: 0, after: 1)] }
        #expect(single.contains("one question allows no interval"))
        let diverged = try html { $0.curve[3].loss = .nan }
        #expect(diverged.contains("not a finite number in 1 of 120 steps"))
        #expect(throws: ReportError.self) { try html { $0.contrasts[0].after = .infinity } }
        let lone = try html { $0.answers[0].organism.removeLast() }
        #expect(lone.contains("not sampled"))
    }

    @Test("a large demo is written in a moment")
    func large() throws {
        let report = InventedDemo.report(steps: 2000, samples: 500)
        let clock = ContinuousClock()
        var page = ""
        let time = try clock.measure { page = try report.html(bundle: bundle) }
        print("page of \(page.utf8.count) bytes in \(time)")
        #expect(time < .seconds(5))
    }

    /// `EMLAB_WRITE_REPORT=page.html` writes the invented page with the bundle in `EMLAB_VEGA_BUNDLE`, to be looked at.
    @Test(
        "is written to be looked at", .enabled(if: ProcessInfo.processInfo.environment["EMLAB_WRITE_REPORT"] != nil))
    func written() throws {
        let environment = ProcessInfo.processInfo.environment
        let path = try #require(environment["EMLAB_WRITE_REPORT"])
        let library = try #require(environment["EMLAB_VEGA_BUNDLE"], "set it to what scripts/vega-bundle.py wrote")
        var report = InventedDemo.report()
        report.answers[0].organism[1].text = Self.hostile.joined(separator: "\n")
        report.contrasts[3].id += Self.hostile.joined()
        let bundle = VegaBundle(text: try String(contentsOfFile: library, encoding: .utf8))
        try report.html(bundle: bundle).write(toFile: path, atomically: true, encoding: .utf8)
    }
}
