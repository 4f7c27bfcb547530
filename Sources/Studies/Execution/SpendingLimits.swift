/// What a study may spend, looked at before each step and while steps run.
struct SpendingLimits: Sendable {
    var limits: Study.Limits
    var pricePerHour: Double

    /// The limit that was reached.
    func reached(by spending: Spending) -> String? {
        let hours = spending.deviceSeconds / 3600
        if let most = limits.hours, hours >= most {
            return "the limit of \(Value.number(most).shown) device hours is reached"
        }
        let money = spending.money + hours * pricePerHour
        if let most = limits.money, money >= most {
            return "the limit of \(Value.number(most).shown) in money is reached"
        }
        if let most = limits.requests, spending.requests >= most {
            return "the limit of \(most) requests is reached"
        }
        return nil
    }
}
