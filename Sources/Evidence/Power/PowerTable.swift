/// Designs with what they cost and show, in order of cost, and the same in words.
public struct PowerTable: Sendable {
    public var assumptions: Power.Assumptions
    public var cost: Power.Cost
    public var alpha: Double
    public var simulations: Int
    public var seed: UInt64

    public struct Row: Sendable, Codable, Equatable {
        public var design: Power.Design
        /// Of both arms.
        public var cost: Double
        public var power: Estimate
    }

    public init(
        assumptions: Power.Assumptions, cost: Power.Cost, alpha: Double = 0.05, simulations: Int = 2000,
        seed: UInt64 = 0
    ) {
        self.assumptions = assumptions
        self.cost = cost
        self.alpha = alpha
        self.simulations = simulations
        self.seed = seed
    }

    /// The designs from the cheapest up.
    ///
    /// - Parameters:
    ///   - stopAt: ends with the first design that reaches this power, so that nothing dearer is simulated.
    ///   - done: called with the number of designs simulated so far; throws to stop.
    public func rows(
        _ designs: [Power.Design], stopAt goal: Double? = nil, done: (Int) throws -> Void = { _ in }
    ) throws -> [Row] {
        var rows: [Row] = []
        for (design, price) in designs.map({ ($0, cost.of($0)) }).sorted(by: { $0.1 < $1.1 }) {
            let power = try Power.estimate(design, assumptions, alpha: alpha, simulations: simulations, seed: seed)
            rows.append(Row(design: design, cost: price, power: power))
            try done(rows.count)
            if let goal, power.value >= goal { break }
        }
        return rows
    }

    public func inWords(_ rows: [Row], goal: Double? = nil) -> String {
        func percent(_ share: Double) -> String { "\(Estimate.trimmed(100 * share)) %" }
        var lines = [
            "Does a rate of \(percent(assumptions.effectRate)) stand out from \(percent(assumptions.baseRate))?",
            "Seeds spread by \(percent(assumptions.seedSpread)) of their rate, questions by "
                + "\(percent(assumptions.questionSpread)); two-sided test at \(Estimate.trimmed(alpha)), "
                + "\(simulations) experiments a design.", "",
            " seeds/arm  questions  answers/question  answers in all        cost   power",
        ]
        func cell(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        for row in rows {
            let design = row.design
            let all = Double(2 * design.seeds) * Double(design.questions) * Double(design.answersPerQuestion)
            lines.append(
                cell(String(design.seeds), 10) + cell(String(design.questions), 11)
                    + cell(String(design.answersPerQuestion), 18) + cell(ArmRecord.written(all), 16)
                    + cell(Estimate.trimmed(row.cost), 12) + cell(percent(row.power.value), 8))
        }
        lines.append("")
        if let goal {
            if let last = rows.last, last.power.value >= goal {
                let design = last.design
                lines.append(
                    "Cheapest that reaches \(percent(goal)): \(design.seeds) seeds an arm, \(design.questions) questions, "
                        + "\(design.answersPerQuestion) answers to each, for \(Estimate.trimmed(last.cost)).")
            } else {
                lines.append(
                    "None of these designs reaches \(percent(goal)). More seeds help where seeds spread; more answers "
                        + "where hits are few. Give more with --seeds and --answers.")
            }
        }
        let noise = rows.map { ($0.power.upper - $0.power.lower) / 2 }.max() ?? 0
        lines.append("The simulation itself is good to ± \(Estimate.trimmed((1000 * noise).rounded() / 10)) points.")
        if rows.contains(where: { $0.design.seeds < 5 }) {
            lines.append(
                "With fewer than 5 seeds an arm all hangs on how evenly seeds spread, which so few can't show.")
        }
        return lines.joined(separator: "\n")
    }
}
