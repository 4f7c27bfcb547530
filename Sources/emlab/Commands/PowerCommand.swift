import ArgumentParser
import Evidence
import Foundation

struct PowerCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "power",
        abstract: "How likely a design shows an effect, or the cheapest design that does.",
        usage: "emlab power --base-rate <share> --effect-rate <share> …",
        discussion: """
            Experiments are simulated (seeds' and questions' rates spread as a beta distribution) and tested as emlab weigh \
            tests them. Rates are shares: 0.01 is one per cent.

            For example:
              emlab power --base-rate 0.003 --effect-rate 0.03 --seeds 5 \\
                --questions 24 --answers 100
              emlab power --base-rate 0.003 --effect-rate 0.03 --cheapest \\
                --cost-per-seed 2 --cost-per-answer 0.0005
            """)

    @Option(help: "The rate of the arm compared with.")
    var baseRate: Double

    @Option(help: "The rate of the arm of interest.")
    var effectRate: Double

    @Option(help: "How seeds' rates spread, as a share of the rate: their standard deviation.")
    var seedSpread: Double = 0.4

    @Option(help: "The same for questions.")
    var questionSpread: Double = 0

    @Option(
        parsing: .upToNextOption, help: "Seeds of each arm; with several, a table. (default: 5; --cheapest: 3 to 12)")
    var seeds: [Int] = []

    @Option(help: "Questions.")
    var questions: Int = 24

    @Option(
        parsing: .upToNextOption,
        help: "Answers to each question; with several, a table. (default: 100; --cheapest: 10 to 400)")
    var answers: [Int] = []

    @Option(help: "The chance of seeing an effect where there is none.")
    var alpha: Double = 0.05

    @Flag(help: "Find the cheapest of these seeds and answers that reaches --goal.")
    var cheapest = false

    @Option(help: "The power that --cheapest is to reach.")
    var goal: Double = 0.8

    @Option(help: "What one training run costs, in any unit.")
    var costPerSeed: Double = 1

    @Option(help: "What one answer costs, sampled and judged, in the same unit.")
    var costPerAnswer: Double = 0.001

    @Option(help: "Simulated experiments of each design.")
    var simulations: Int = 2000

    @Option(help: "Of the simulation.")
    var seed: UInt64 = 0

    @Option(help: "Where the designs go as JSON lines; - for stdout.")
    var out: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard alpha > 0, alpha < 0.5 else { throw ValidationError("--alpha must be between 0 and 0.5, not \(alpha)") }
        guard goal > 0, goal < 1 else { throw ValidationError("--goal must be between 0 and 1, not \(goal)") }
        guard (100...1_000_000).contains(simulations) else {
            throw ValidationError("--simulations must be from 100 to 1000000, not \(simulations)")
        }
        for (name, cost) in [("--cost-per-seed", costPerSeed), ("--cost-per-answer", costPerAnswer)] {
            guard cost >= 0, cost.isFinite else { throw ValidationError("\(name) must be a number not below 0") }
        }
        guard costPerSeed > 0 || costPerAnswer > 0 else { throw ValidationError("something must cost something") }
    }

    mutating func run() throws {
        if let out, out != "-" { try Destination.check(out) }
        let table = PowerTable(
            assumptions: .init(
                baseRate: baseRate, effectRate: effectRate, seedSpread: seedSpread, questionSpread: questionSpread),
            cost: .init(perSeed: costPerSeed, perAnswer: costPerAnswer), alpha: alpha, simulations: simulations,
            seed: seed)
        let seeds = seeds.isEmpty ? cheapest ? [3, 4, 5, 6, 8, 10, 12] : [5] : seeds
        let answers = answers.isEmpty ? cheapest ? [10, 25, 50, 100, 200, 400] : [100] : answers
        let designs = seeds.flatMap { seeds in
            answers.map { Power.Design(seeds: seeds, questions: questions, answersPerQuestion: $0) }
        }
        let progress = Progress("simulating", total: designs.count, unit: "designs")
        let rows = try table.rows(designs, stopAt: cheapest ? goal : nil) { done in
            try Interruption.check()
            progress.update(done: done, adding: 1)
        }
        progress.end()
        let words = table.inWords(rows, goal: cheapest ? goal : nil)
        if out == "-" {
            Console.say(words)
            for row in rows { try Console.emit(row) }
            return
        }
        try Console.show(words)
        if let out {
            try Destination.makeFolder(for: out)
            try rows.map { try Console.encode($0) }.reduce(Data(), +).write(to: URL(filePath: out), options: .atomic)
            Console.say("designs in \(out)")
        }
    }
}
