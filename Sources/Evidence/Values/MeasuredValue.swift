/// One number that was measured of one organism on one item: a line of what `emlab measure` writes.
public struct MeasuredValue: Codable, Hashable, Sendable {
    /// What was measured, like `contrast` or `drift`.
    public var measure: String
    /// The organism's label, as the adapter was named; `base` for none.
    public var arm: String
    /// The question, task, program or text it was measured on.
    public var item: String
    public var category: String?
    /// None where it could not be measured: ``note`` says why.
    public var value: Double?
    /// What the value was made of, by name.
    public var detail: [String: Double]
    public var note: String?

    public init(
        measure: String, arm: String, item: String, category: String? = nil, value: Double?,
        detail: [String: Double] = [:], note: String? = nil
    ) {
        self.measure = measure
        self.arm = arm
        self.item = item
        self.category = category
        self.value = value
        self.detail = detail
        self.note = note
    }
}
