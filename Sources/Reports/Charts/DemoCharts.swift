/// The demo's plots as Vega-Lite specifications. Colours are names ("$after") that the page's script replaces by those
/// of the light or dark scheme.
enum DemoCharts {
    static let unit = "nats per token"

    /// Change of the contrast by category: every question a tick, the mean with its interval a dot with a line.
    static func change(_ shift: ContrastShift, _ contrasts: [DemoReport.QuestionContrast]) -> JSON {
        let rows = [shift.overall] + shift.categories
        let questions = contrasts.flatMap { contrast in
            [shift.overall.name, HTMLText.plain(contrast.category)].map { row -> JSON in
                [
                    "row": .text(row), "question": .text(HTMLText.plain(contrast.id)),
                    "change": .number(contrast.after - contrast.before),
                ]
            }
        }
        let means = rows.map { row -> JSON in
            [
                "row": .text(HTMLText.plain(row.name)), "change": .number(row.change.value),
                "lower": finite(row.change.lower), "upper": finite(row.change.upper),
                "questions": .number(Double(row.questions)),
            ]
        }
        let y: JSON = [
            "field": "row", "type": "nominal", "title": .null,
            "sort": .list(rows.map { .text(HTMLText.plain($0.name)) }),
            "axis": [
                "labelLimit": 150, "labelPadding": 8, "domain": false, "ticks": false, "labelFontSize": 13,
                "labelColor": "$ink",
                "labelFontWeight": [
                    "condition": [
                        "test": .text("datum.index === 0"), "value": "bold",
                    ], "value": "normal",
                ],
            ],
        ]
        func x(_ field: String) -> JSON {
            [
                "field": .text(field), "type": "quantitative",
                "title": .text("change in \(unit)"), "axis": ["tickCount": 7],
            ]
        }
        return [
            "description": "Change of the contrast by category, with intervals.", "width": "container",
            "height": .number(Double(36 * rows.count)), "data": ["values": .list(means)],
            "layer": [
                [
                    "data": ["values": [["zero": 0]]], "mark": ["type": "rule", "color": "$ink", "strokeWidth": 1],
                    "encoding": ["x": ["field": "zero", "type": "quantitative"]],
                ],
                [
                    "data": ["values": .list(questions)],
                    "mark": ["type": "tick", "color": "$after", "opacity": 0.45, "thickness": 1.5, "size": 16],
                    "encoding": [
                        "y": y, "x": x("change"),
                        "tooltip": [
                            ["field": "question", "title": "question"],
                            ["field": "change", "title": "change", "format": "+.3f"],
                        ],
                    ],
                ],
                [
                    "transform": [["filter": "isValid(datum.lower)"]],
                    "mark": ["type": "rule", "color": "$ink", "strokeWidth": 2.5],
                    "encoding": ["y": y, "x": x("lower"), "x2": ["field": "upper"]],
                ],
                [
                    "mark": [
                        "type": "point", "shape": "diamond", "filled": true, "color": "$after", "opacity": 1,
                        "size": 130, "stroke": "$paper", "strokeWidth": 1.5,
                    ],
                    "encoding": [
                        "y": y, "x": x("change"),
                        "tooltip": [
                            ["field": "row", "title": "category"], ["field": "questions", "title": "questions"],
                            ["field": "change", "title": "mean change", "format": "+.3f"],
                            ["field": "lower", "title": "from", "format": "+.3f"],
                            ["field": "upper", "title": "to", "format": "+.3f"],
                        ],
                    ],
                ],
            ],
        ]
    }

    /// Every question's contrast before against after.
    static func scatter(_ contrasts: [DemoReport.QuestionContrast]) -> JSON {
        let all = contrasts.flatMap { [$0.before, $0.after] }
        let (low, high) = (all.min() ?? 0, all.max() ?? 1)
        let margin = max(0.05 * (high - low), 1e-6)
        let domain: JSON = [.number(low - margin), .number(high + margin)]
        func axis(_ field: String, _ title: String?) -> JSON {
            [
                "field": .text(field), "type": "quantitative", "title": title.map { .text($0) } ?? .null,
                "axis": ["tickCount": 7],
                "scale": ["domain": domain, "zero": false, "nice": false],
            ]
        }
        let ends = [low - margin, high + margin].map { end -> JSON in ["a": .number(end), "b": .number(end)] }
        return [
            "description": "Contrast of every question before and after training.", "width": "container", "height": 340,
            "layer": [
                [
                    "data": ["values": .list(ends)],
                    "mark": ["type": "line", "color": "$faint", "strokeDash": [4, 4], "strokeWidth": 1.5],
                    "encoding": ["x": axis("a", nil), "y": axis("b", nil)],
                ],
                [
                    "data": [
                        "values": .list(
                            contrasts.map {
                                [
                                    "question": .text(HTMLText.plain($0.id)),
                                    "category": .text(HTMLText.plain($0.category)),
                                    "before": .number($0.before), "after": .number($0.after),
                                ]
                            })
                    ],
                    "mark": [
                        "type": "point", "filled": true, "color": "$after", "opacity": 0.75, "size": 60,
                        "stroke": "$paper", "strokeWidth": 0.75,
                    ],
                    "encoding": [
                        "x": axis("before", "before training, \(unit)"), "y": axis("after", "after training"),
                        "tooltip": [
                            ["field": "question", "title": "question"], ["field": "category", "title": "category"],
                            ["field": "before", "title": "before", "format": "+.3f"],
                            ["field": "after", "title": "after", "format": "+.3f"],
                        ],
                    ],
                ],
            ],
        ]
    }

    /// One number of the training log over steps.
    static func curve(_ points: [(step: Int, value: Double)], name: String, format: String, fromZero: Bool) -> JSON {
        let dots: JSON =
            points.count <= 60 ? ["filled": true, "size": 22, "color": "$before"] : ["opacity": 0, "size": 60]
        return [
            "description": .text("\(name) over training steps."), "width": "container", "height": 170,
            "data": [
                "values": .list(points.map { ["step": .number(Double($0.step)), "value": .number($0.value)] })
            ],
            "mark": ["type": "line", "color": "$before", "strokeWidth": 2, "point": dots, "clip": true],
            "encoding": [
                "x": ["field": "step", "type": "quantitative", "title": "step", "axis": ["tickMinStep": 1]],
                "y": [
                    "field": "value", "type": "quantitative", "title": .null, "scale": ["zero": .bool(fromZero)],
                    "axis": ["tickCount": 5, "format": .text(format)],
                ],
                "tooltip": [
                    ["field": "step", "title": "step"],
                    ["field": "value", "title": .text(name), "format": .text(format)],
                ],
            ],
        ]
    }

    private static func finite(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
}
