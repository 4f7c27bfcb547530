/// A step's settings as they decide its result: the same result, the same parameters, however it was written.
enum StepParameters {
    /// - Parameter settings: one arm's, names of models, data, endpoints and steps included.
    static func of(_ kind: StepKind, _ settings: [String: Value]) -> [String: Value] {
        var all = settings
        for key in StepKeys.settings(kind) where key.shape.sections != nil { all[key.name] = nil }
        switch kind {
        case .tune, .pretrain:
            if all["epochs"] == nil, all["steps"] == nil { all["epochs"] = 1 }
            adapter(&all)
            if all["objective"] != "dpo" { all["beta"] = nil }
            if all["dilution"]?.number == 0 { all["dilution"] = nil }
        default: break
        }
        return all.mapValues(\.settled)
    }

    private static func adapter(_ all: inout [String: Value]) {
        if all["parameters"]?.text == "full" {
            for name in ["rank", "alpha", "alpha_rule", "rslora", "targets", "layers", "dropout"] { all[name] = nil }
            return
        }
        let rank = all["rank"]?.number ?? 1
        let alpha = all["alpha"]?.number ?? 16
        switch all["alpha_rule"]?.text {
        case "times-rank": all["alpha"] = .number(alpha * rank)
        case "times-sqrt-rank": all["alpha"] = .number(alpha * rank.squareRoot())
        default: break
        }
        all["alpha_rule"] = nil
        if let targets = (all["targets"]?.text).flatMap(AdapterTargets.init) {
            all["targets"] = .text(targets.modules.joined(separator: ","))
        }
        if let layers = (all["layers"]?.text).flatMap(AdapterLayers.init)?.layers {
            all["layers"] = .text(layers.map(String.init).joined(separator: ","))
        }
    }
}
