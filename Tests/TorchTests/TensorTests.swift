import Testing
import Torch

@Suite("Tensors")
struct TensorTests {
    @Test("come back as the numbers they were made of", arguments: DType.allCases)
    func roundTrip(dtype: DType) throws {
        let numbers: [Float] = dtype == .bool ? [0, 1, 1, 0, 1, 0] : [0, 1, 2, 3, 100, 120]
        let tensor = try Tensor(numbers, shape: [2, 3]).to(dtype)
        #expect(tensor.dtype == dtype)
        #expect(tensor.shape == [2, 3])
        #expect(try tensor.values(as: Float.self) == numbers)
    }

    @Test("libtorch's refusal becomes a Swift error in one line")
    func failure() throws {
        let error = #expect(throws: TorchError.self) {
            try Tensor([1, 2, 3] as [Float]).matmul(Tensor([1, 2] as [Float]))
        }
        let text = error.map(String.init(describing:)) ?? ""
        #expect(text.contains("size") && !text.contains("\n"), "\(text)")
    }

    @Test("more memory than there is is out of memory, not a crash")
    func outOfMemory() throws {
        let error = #expect(throws: TorchError.self) { try Tensor.zeros([1 << 46]) }
        guard case .outOfMemory = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a shape that overflows is refused", arguments: [[Int.max, 3], [-1], [1 << 40, 1 << 40]])
    func badShape(shape: [Int]) { #expect(throws: TorchError.self) { try Tensor.zeros(shape) } }

    @Test("numbers of the wrong count are refused")
    func wrongCount() { #expect(throws: TorchError.self) { try Tensor([1, 2, 3] as [Float], shape: [2, 2]) } }

    @Test("gradients gather where they were told to")
    func gradients() throws {
        let x = try Tensor([1, 2, 3] as [Float])
        let storage = try Tensor.zeros([3])
        try x.setRequiresGradient(true)
        try x.gatherGradient(in: storage)
        for _ in 0..<2 { try x.squared().sum().backward() }
        #expect(try storage.values(as: Float.self) == [4, 8, 12])
        let none = try withoutGradients { try x.squared().sum() }
        #expect(!none.requiresGradient)
    }

    @Test(
        "bad attention spans are refused",
        arguments: [
            [AttentionSpan(start: 1, length: 3)], [AttentionSpan(start: 0, length: 5)],
            [AttentionSpan(start: 0, length: 2), AttentionSpan(start: 2, length: 2, parent: 1)],
        ])
    func spans(_ spans: [AttentionSpan]) throws {
        let qkv = try Tensor.zeros([4, 12])
        let angle = try Tensor.zeros([4, 4])
        #expect(throws: TorchError.self) {
            try qkv.attention(
                cos: angle, sin: angle, spans: spans,
                shape: AttentionShape(heads: 1, keyValueHeads: 1, channels: 4, scale: 1))
        }
    }
}
