"""Small matrices as bitsandbytes quantises them: golden/bitsandbytes.safetensors.

    pip install bitsandbytes==0.50.2        # beside requirements.txt
    python References/checkpoint/bitsandbytes_matrices.py

Each matrix `name` has its numbers (`name.numbers`), what Hugging Face stores for it (`name.weight` and helpers), and the
dequantised matrix in float32 and bfloat16.
"""
import pathlib

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file

torch.manual_seed(7)
tensors = {}
for name, rows, columns, nested in [("plain", 6, 64, False), ("nested", 72, 256, True), ("odd", 5, 37, True)]:
    numbers = torch.randn(rows, columns) * torch.rand(rows, 1) * 0.2
    numbers[0, 3] = 0.0
    numbers[1] = 0.0
    packed, state = bnb.quantize_4bit(numbers, blocksize=64, compress_statistics=nested, quant_type="nf4")
    tensors[f"{name}.numbers"] = numbers
    tensors[f"{name}.weight"] = packed
    for key, value in state.as_dict(packed=True).items():
        tensors[f"{name}.weight.{key}"] = value
    tensors[f"{name}.float32"] = bnb.dequantize_4bit(packed, state)
    state.dtype = torch.bfloat16
    tensors[f"{name}.bfloat16"] = bnb.dequantize_4bit(packed, state)

numbers = torch.randn(12, 40)
numbers[2] = 0.0
codes, scales, _ = torch.ops.bitsandbytes.int8_vectorwise_quant(numbers, 0.0)
tensors |= {"eight.numbers": numbers, "eight.weight": codes, "eight.SCB": scales}
tensors["eight.float32"] = bnb.int8_vectorwise_dequant(codes, scales)

out = pathlib.Path(__file__).parent / "golden" / "bitsandbytes.safetensors"
save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, out)
print(out.name, out.stat().st_size, "bytes")
