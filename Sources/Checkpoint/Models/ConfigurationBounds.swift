/// The bounds that make a configuration safe to compute with: no size derived from it overflows.
extension ModelConfiguration {
    static let largestSize = 1 << 24

    /// Everything that is impossible about this configuration, each with the name of its key.
    ///
    /// - Parameter key: turns a Hugging Face key into the name that the file at hand uses.
    func mistakes(key: (String) -> String = { $0 }) -> [String] {
        var mistakes: [String] = []
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) {
            if !range.contains(value) {
                mistakes.append("\(key(name)) is \(value); \(range.lowerBound) to \(range.upperBound) is possible")
            }
        }
        func check(_ name: String, _ value: Double?, above low: Double = 0) {
            if let value, !(value > low && value.isFinite && value < 1e12) {
                mistakes.append("\(key(name)) is \(value); a number above \(low) is needed")
            }
        }
        check("vocab_size", vocabularySize, 1...Self.largestSize)
        check("hidden_size", hiddenSize, 1...1 << 20)
        check("intermediate_size", intermediateSize, 1...1 << 22)
        check("num_hidden_layers", layerCount, 1...4096)
        check("num_attention_heads", headCount, 1...4096)
        check("num_key_value_heads", keyValueHeadCount, 1...4096)
        check("head_dim", headDimension, 2...4096)
        check("max_position_embeddings", maxPositions, 1...1 << 30)
        check("rms_norm_eps", rmsNormEpsilon)
        check("rope_theta", ropeTheta)
        check("rope_local_base_freq", localRopeTheta)
        check("query_pre_attn_scalar", queryPreAttentionScalar)
        check("attn_logit_softcapping", attentionSoftCap.map(Double.init))
        check("final_logit_softcapping", finalSoftCap.map(Double.init))
        if let slidingWindow { check("sliding_window", slidingWindow, 1...1 << 30) }
        if headDimension > 0, headDimension % 2 != 0 {
            mistakes.append("\(key("head_dim")) is \(headDimension); rotary embeddings need an even number")
        }
        if keyValueHeadCount > 0, headCount % keyValueHeadCount != 0 {
            mistakes.append(
                "\(key("num_attention_heads")) is \(headCount), not a multiple of the \(keyValueHeadCount) of "
                    + key("num_key_value_heads"))
        }
        if layerKinds.count != layerCount, layerCount <= 4096 {
            mistakes.append("\(key("layer_types")) names \(layerKinds.count) layers; there are \(layerCount)")
        }
        if layerKinds.contains(.sliding), slidingWindow == nil {
            mistakes.append("\(key("layer_types")) names sliding layers, but \(key("sliding_window")) isn't set")
        }
        switch ropeScaling {
        case .none: break
        case .linear(let factor): check("rope_parameters.factor", factor)
        case .llama3(let factor, let low, let high, let original):
            check("rope_parameters.factor", factor)
            check("rope_parameters.low_freq_factor", low)
            check("rope_parameters.high_freq_factor", high, above: low)
            check("rope_parameters.original_max_position_embeddings", original, 1...1 << 30)
        case .frequencyFactors(let factors):
            if factors.count != headDimension / 2 || !factors.allSatisfy({ $0 > 0 && $0.isFinite }) {
                mistakes.append("rope_freqs.weight must be \(headDimension / 2) numbers above 0")
            }
        }
        return mistakes
    }
}
