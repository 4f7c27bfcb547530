import Endpoints

/// Runs a stage's items through its work, several at once, keeping each record as it comes.
public enum StageRun {
    /// - Parameters:
    ///   - what: the items, in words: "programs".
    ///   - concurrency: items under way at once.
    ///   - unfinished: where records are kept as they come, and what earlier runs left there.
    ///   - work: from an item to its record. An `EndpointError` of this one request rejects the item; any other ends
    ///     the stage.
    ///   - onProgress: called after each record.
    /// - Returns: a record for each item, in their order.
    /// - Throws: ``StageError`` if too much is rejected or the endpoint can't go on; what is under way then is awaited
    ///   and kept. `CancellationError` on cancellation.
    public static func records<Item: Sendable, Value: Codable & Sendable>(
        of items: [Item], what: String, id: (Item) -> String, concurrency: Int, limit: RejectionLimit,
        unfinished: UnfinishedRecords<Value>? = nil,
        work: @escaping @Sendable (Item) async throws -> StageRecord<Value>,
        onProgress: (StageProgress) -> Void = { _ in }
    ) async throws -> [StageRecord<Value>] {
        let wanted = Set(items.map(id))
        var records: [String: StageRecord<Value>] = [:]
        for record in unfinished?.kept ?? [] where wanted.contains(record.item) { records[record.item] = record }
        var tally = Tally(records.values)
        func check() throws {
            if limit.isExceeded(rejected: tally.rejected, of: records.count, total: items.count) {
                let sorted = items.compactMap { records[id($0)] }
                throw StageError(
                    .rejections, limit.explanation(sorted, total: items.count, what: what))
            }
        }
        func report() {
            onProgress(
                StageProgress(
                    done: records.count, total: items.count, kept: tally.kept, rejected: tally.rejected,
                    spent: tally.spent))
        }
        try check()
        report()
        let waiting = items.filter { records[id($0)] == nil }
        var ending: (any Error)?
        try await withThrowingTaskGroup(of: Result<StageRecord<Value>, any Error>.self) { group in
            var next = 0
            func start() {
                guard next < waiting.count, ending == nil else { return }
                let item = waiting[next]
                next += 1
                let name = id(item)
                group.addTask {
                    do {
                        return .success(try await work(item))
                    } catch let error as EndpointError where error.concernsOneRequest {
                        return .success(
                            StageRecord(
                                item: name, value: nil,
                                rejections: [Rejection("no usable reply came", detail: error.description)]))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for _ in 0..<max(1, concurrency) { start() }
            // What is under way when the stage has to end is paid for: it is awaited and kept.
            while let result = try await group.next() {
                switch result {
                case .success(let record):
                    records[record.item] = record
                    tally.add(record)
                    try unfinished?.append(record)
                    report()
                    do { try check() } catch { ending = ending ?? error }
                case .failure(let error): ending = ending ?? error
                }
                start()
            }
        }
        try Task.checkCancellation()
        switch ending {
        case nil: return items.compactMap { records[id($0)] }
        case let error as EndpointError:
            throw StageError(
                .endpoint,
                "stopped after \(records.count) of \(items.count) \(what): \(error); what is finished is kept")
        case let error?: throw error
        }
    }

    private struct Tally {
        var kept = 0
        var rejected = 0
        var spent = Spending()

        init<Value>(_ records: some Sequence<StageRecord<Value>>) { for record in records { add(record) } }

        mutating func add<Value>(_ record: StageRecord<Value>) {
            if record.value == nil { rejected += 1 } else { kept += 1 }
            spent = spent + record.spent
        }
    }
}

extension EndpointError {
    /// True if another request may well be answered: the endpoint as such works.
    var concernsOneRequest: Bool {
        switch reason {
        case .invalid, .malformedReply, .timeout: true
        case .status(let status): [400, 413, 422].contains(status)
        case .budget, .connection, .wrongModel, .closed, .store: false
        }
    }
}
