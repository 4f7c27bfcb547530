"""Random blocks of every quantised type and what gguf 0.19.0 makes of them: golden/quantisation.json.

All values are hexadecimal: a block's bytes, then the little-endian float32 results.
"""

import json
import pathlib

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

GOLDEN = pathlib.Path(__file__).parent / "golden"
TYPES = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]


def main() -> None:
    random = np.random.default_rng(20260101)
    golden = {}
    for name in TYPES:
        kind = GGMLQuantizationType[name]
        length, size = GGML_QUANT_SIZES[kind]
        blocks = 96 if length == 1 else 3
        data = random.integers(0, 256, (blocks, size), dtype=np.uint8)
        if length > 1:
            # Scales are halves of moderate size, some subnormal: never NaN, whose payload is nobody's business.
            offsets = {"Q4_1": [0, 2], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}.get(name, [0])
            for offset in offsets:
                scales = (random.normal(size=blocks) * [1e-2, 1e-7, 3.0]).astype(np.float16)
                data[:, offset : offset + 2] = scales.view(np.uint8).reshape(blocks, 2)
        else:
            halves = data.view(np.uint16).flatten()
            exponent = 0x7C00 if name == "F16" else 0x7F80
            halves[(halves & exponent) == exponent] = 0x3555  # a third in halves; only finite numbers are weights
            halves[:4] = [0, 0x8000, 1, 0x03FF]
            data = halves.view(np.uint8).reshape(blocks, 2)
        if name == "F16":
            floats = data.view(np.float16).astype(np.float32)
        else:
            floats = dequantize(data, kind)
        golden[name.lower()] = {"bytes": data.tobytes().hex(), "floats": floats.astype("<f4").tobytes().hex()}
    (GOLDEN / "quantisation.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
