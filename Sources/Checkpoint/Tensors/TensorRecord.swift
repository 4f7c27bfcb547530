/// What a weight file says about one tensor.
public struct TensorRecord: Sendable, Hashable {
    public var name: String
    /// Row major, outermost axis first: a linear layer's weight is [out, in] as in Hugging Face files.
    public var shape: [Int]
    public var type: ElementType
    /// Where its bytes lie in its file.
    public var byteRange: Range<Int>

    /// Checks that the bytes that `shape` and `type` ask for are a length that exists.
    init(name: String, shape: [Int], type: ElementType, byteRange: Range<Int>) {
        self.name = name
        self.shape = shape
        self.type = type
        self.byteRange = byteRange
    }

    /// How many numbers it holds. Files are checked on opening, so that the product doesn't overflow.
    public var count: Int { shape.reduce(1, &*) }

    /// Numbers of the innermost axis.
    var rowLength: Int { shape.last ?? 1 }

    /// The number of elements of a shape, or nil when an axis is negative or the product overflows.
    static func count(of shape: [Int]) -> Int? {
        // A zero anywhere makes the product zero but must not hide an overflow of the others.
        var product = 1
        var isEmpty = false
        for axis in shape {
            guard axis >= 0 else { return nil }
            if axis == 0 {
                isEmpty = true
                continue
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: axis)
            guard !overflow else { return nil }
            product = next
        }
        return isEmpty ? 0 : product
    }
}
