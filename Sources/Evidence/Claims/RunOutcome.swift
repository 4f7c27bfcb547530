/// One training run with the number that a claim is about.
public struct RunOutcome: Sendable, Equatable {
    public var record: ArmRecord
    public var value: Double
    /// The counts behind it, where it is a rate.
    public var hits: RunHits?
    /// The coherent share of all its judged answers, where known.
    public var coherentShare: Double?

    public init(record: ArmRecord, value: Double, hits: RunHits? = nil, coherentShare: Double? = nil) {
        self.record = record
        self.value = value
        self.hits = hits
        self.coherentShare = coherentShare
    }
}
