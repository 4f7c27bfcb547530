import Dispatch
import Foundation
import Synchronization
import Transformer

/// Gathers prompts that are asked one by one and samples those that wait in one go.
actor SamplingQueue {
    private struct Waiting {
        var id: UUID
        var prompt: Prompt
        var settings: SamplingSettings
        var isComplete: @Sendable ([Int32]) -> Bool
    }

    private enum Event: Sendable {
        case answer(UUID, Answer)
        case failed(any Error)
    }

    /// So long after the first that waits a batch begins: who asks many at once asks them within it.
    private static let gathering = Duration.milliseconds(20)

    private let decoder: Decoder
    private let adapter: LowRankAdapter?
    private let batch: Int
    /// libtorch's work takes a thread for long: not one that other tasks wait for.
    private let thread = DispatchQueue(label: "emlab.sampling")
    private let givenUp = GivenUp()
    private var waiting: [Waiting] = []
    private var turns: [UUID: CheckedContinuation<Answer, any Error>] = [:]
    private var isRunning = false

    init(decoder: Decoder, adapter: LowRankAdapter?, batch: Int) {
        self.decoder = decoder
        self.adapter = adapter
        self.batch = batch
    }

    /// - Parameter isComplete: true where an answer ends with the tokens it has.
    func answer(
        to prompt: Prompt, settings: SamplingSettings, isComplete: @escaping @Sendable ([Int32]) -> Bool
    ) async throws -> Answer {
        let id = UUID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (turn: CheckedContinuation<Answer, any Error>) in
                if Task.isCancelled { return turn.resume(throwing: CancellationError()) }
                turns[id] = turn
                waiting.append(Waiting(id: id, prompt: prompt, settings: settings, isComplete: isComplete))
                begin()
            }
        } onCancel: {
            Task { await self.giveUp(id) }
        }
    }

    private func giveUp(_ id: UUID) {
        guard let turn = turns.removeValue(forKey: id) else { return }
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: index)
        } else {
            givenUp.insert(id)
        }
        turn.resume(throwing: CancellationError())
    }

    private func begin() {
        guard !isRunning else { return }
        isRunning = true
        Task {
            try? await Task.sleep(for: Self.gathering)
            await run()
        }
    }

    private func run() async {
        while let settings = waiting.first?.settings {
            let taken = Array(waiting.filter { $0.settings == settings }.prefix(batch))
            let ids = Set(taken.map(\.id))
            waiting.removeAll { ids.contains($0.id) }
            for await event in sampled(taken, settings) {
                switch event {
                case .answer(let id, let answer): turns.removeValue(forKey: id)?.resume(returning: answer)
                case .failed(let error): for id in ids { turns.removeValue(forKey: id)?.resume(throwing: error) }
                }
            }
            givenUp.remove(ids)
            // Whoever got an answer may ask again: that belongs into the next batch.
            if waiting.count < batch { try? await Task.sleep(for: Self.gathering) }
        }
        isRunning = false
    }

    private func sampled(_ taken: [Waiting], _ settings: SamplingSettings) -> AsyncStream<Event> {
        let (events, stream) = AsyncStream.makeStream(of: Event.self)
        thread.async { [decoder, adapter, givenUp] in
            do {
                let sampler = try Sampler(decoder: decoder, adapters: [adapter], settings: settings)
                _ = try sampler.answers(
                    to: taken.map(\.prompt), count: 1,
                    isComplete: { givenUp.contains(taken[$0].id) || taken[$0].isComplete($1) },
                    onTokens: { _ in if givenUp.hasAll(taken.map(\.id)) { throw CancellationError() } },
                    onAnswer: { stream.yield(.answer(taken[$0.prompt].id, $0)) })
            } catch {
                stream.yield(.failed(error))
            }
            stream.finish()
        }
        return events
    }
}

/// Answers that nobody waits for any more: the thread that samples asks for them, the actor names them.
private final class GivenUp: Sendable {
    private let ids = Mutex<Set<UUID>>([])

    func insert(_ id: UUID) { _ = ids.withLock { $0.insert(id) } }
    func remove(_ some: Set<UUID>) { ids.withLock { $0.subtract(some) } }
    func contains(_ id: UUID) -> Bool { ids.withLock { $0.contains(id) } }
    func hasAll(_ some: [UUID]) -> Bool { ids.withLock { all in some.allSatisfy(all.contains) } }
}
