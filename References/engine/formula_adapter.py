"""Adapters whose weights are a formula, so that no weights need to be stored and Swift can make the same bits.

With m = 7 * layer + (position of the module in q, k, v, o, gate, up, down), side = 0 for A and 1 for B, and i the
row-major index in the matrix (A is [R, in], B is [out, R]):

    counter = (2 * m + side) * 2^32 + i
    z = (counter + 1) * 0x9E3779B97F4A7C15                     all modulo 2^64: SplitMix64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    z = z ^ (z >> 31)
    value = float32(((z >> 40) / 2^24 * 2 - 1) * bound)        in float64, cast once

bound of A is 1 / sqrt(in), the range of PEFT's own initialisation; bound of B is given, 0 for a fresh adapter.
"""

from __future__ import annotations

import numpy as np
import torch
from peft import LoraConfig, get_peft_model

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
MLP = MODULES[4:]


def uniform(module: int, side: int, count: int) -> np.ndarray:
    """float64 in [-1, 1), exact in float32."""
    counter = np.arange(count, dtype=np.uint64) + np.uint64((2 * module + side) << 32)
    with np.errstate(over="ignore"):
        z = (counter + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2.0**24 * 2.0 - 1.0


def module_index(parameter: str) -> int:
    """base_model.model.model.layers.3.mlp.up_proj.lora_A.default.weight -> 26"""
    parts = parameter.split(".")
    return 7 * int(parts[parts.index("layers") + 1]) + MODULES.index(parts[parts.index("layers") + 3])


def fill(model: torch.nn.Module, b_bound: float) -> None:
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if ".lora_" not in name:
                continue
            side = 0 if ".lora_A." in name else 1
            bound = 1 / float(weight.shape[1]) ** 0.5 if side == 0 else b_bound
            values = uniform(module_index(name), side, weight.numel()) * bound
            weight.copy_(torch.from_numpy(values.astype(np.float32)).view_as(weight))


def adapted(model: torch.nn.Module, rank: int, alpha: int, rslora: bool, modules: list[str], b_bound: float = 0.0):
    settings = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        lora_dropout=0.0,
        use_rslora=rslora,
        target_modules=modules,
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, settings)
    fill(model, b_bound)
    return model


def canonical(parameter: str) -> str:
    """base_model.model.model.layers.0.mlp.up_proj.lora_A.default.weight -> model.layers.0.mlp.up_proj.A"""
    path, matrix = parameter.removeprefix("base_model.model.").split(".lora_")
    return f"{path}.{matrix[0]}"
