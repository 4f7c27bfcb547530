import ArgumentParser
import Endpoints
import Foundation
import Sampling

/// What answers: a server, or a model on this machine.
struct EndpointOptions: ParsableArguments {
    @Option(
        help: """
            A YAML file that says what answers. A server that speaks OpenAI's chat completions: base_url, model, \
            key_variable (the environment variable that holds the key), … Or a model on this machine: kind: local, \
            model, adapter, dtype, …
            """)
    var endpoint: String

    @Option(help: "Where replies are kept, so that nothing is asked or paid for twice.")
    var calls: String = "emlab-calls"

    @Option(help: "Requests that may be sent, instead of the endpoint's own budget.")
    var maxRequests: Int?

    @Option(help: "Money that may be spent, in the currency of the endpoint's prices, instead of its own budget.")
    var maxCost: Double?

    func validate() throws {
        if let maxRequests, maxRequests < 0 {
            throw ValidationError("--max-requests must not be below 0, and is \(maxRequests)")
        }
        if let maxCost, !(maxCost >= 0 && maxCost.isFinite) {
            throw ValidationError("--max-cost must be a sum of money, not \(maxCost)")
        }
    }

    /// The endpoint that the file describes, with its replies kept in --calls. Call its `shutdown` when done.
    func open() throws -> any ChatEndpoint {
        try Self.open(endpoint, calls: calls, maxRequests: maxRequests, maxCost: maxCost)
    }

    static func open(
        _ endpoint: String, calls: String, maxRequests: Int? = nil, maxCost: Double? = nil
    ) throws -> any ChatEndpoint {
        let description = try EndpointDescription.read(URL(filePath: endpoint))
        let store = try CallStore(folder: URL(filePath: calls))
        switch description {
        case .local(let configuration):
            guard maxCost == nil else {
                throw ValidationError("--max-cost is for servers: the endpoint \(endpoint) is a model on this machine")
            }
            return CountedEndpoint(
                try LocalEndpoint(
                    configuration, store: store, budget: Budget(Budget.Limits(requests: maxRequests))))
        case .openai(var configuration):
            if let maxRequests { configuration.budget.requests = maxRequests }
            if let maxCost { configuration.budget.cost = maxCost }
            return try OpenAIEndpoint(configuration, store: store) { event in
                switch event {
                case .retrying(_, let why, let delay): logger.debug("\(why); again after \(delay)")
                case .failed(_, let why): logger.debug("\(why)")
                case .sending: SpendingLog.add(requests: 1)
                case .answered(_, _, let cost): SpendingLog.add(money: cost ?? 0)
                case .stored: break
                }
            }
        }
    }
}
