"""TRL's own preference losses, called without a trainer: `DPOTrainer._compute_loss` of TRL 1.16 on a stand-in.

What TRL computes is then what a golden holds, not what somebody read in it. `pairwise` feeds it log-probabilities of
whole answers; `of_model` lets it run a PEFT model on padded pairs, the reference being the model with its adapter off.
"""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

import torch
from trl import DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference


def _same(value):
    return value


class _Trainer:
    """The attributes that `_compute_loss` and `compute_ref_log_probs` look at."""

    def __init__(self, model, loss_type: str, beta: float, label_smoothing: float, precomputed: bool):
        self.model = model
        self.ref_model = None
        self.accelerator = SimpleNamespace(
            device=torch.device("cpu"), gather=_same, gather_for_metrics=_same, unwrap_model=_same
        )
        self.args = SimpleNamespace(gradient_checkpointing_kwargs=None)
        self.loss_types, self.loss_weights = [loss_type], [1.0]
        self.beta, self.label_smoothing = beta, label_smoothing
        self.precompute_ref_logps = precomputed
        self.ld_alpha, self.f_divergence_type = None, "reverse_kl"
        self.use_weighting = self.aux_loss_enabled = False
        self._metrics = {"train": defaultdict(list)}
        self._total_train_tokens, self._tp_size = 0, 1

    def loss(self, inputs: dict) -> tuple[torch.Tensor, dict[str, float]]:
        value = DPOTrainer._compute_loss(self, self.model, inputs, False)
        return value, {name: values[0] for name, values in self._metrics["train"].items()}


class _Recited:
    """A model that answers with log-probabilities it was given."""

    training = True

    def __init__(self, log_probs: torch.Tensor):
        self.log_probs = log_probs

    def __call__(self, **_):
        zeros = torch.zeros_like(self.log_probs)
        return SimpleNamespace(log_probs=self.log_probs, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool())


def pairwise(
    policy: torch.Tensor,
    reference: torch.Tensor,
    lengths: torch.Tensor,
    loss_type: str,
    beta: float,
    label_smoothing: float = 0.0,
) -> tuple[torch.Tensor, dict[str, float]]:
    """Loss and metrics of pairs. policy and reference [2, B]: chosen, rejected; lengths [2, B] tokens of the answers.

    Each sequence is one prompt token and its answer, and the whole log-probability lies on the answer's first token, so
    that TRL's sum over tokens is exact.
    """
    flat = lengths.flatten()
    longest = int(flat.max()) + 1
    places = torch.arange(longest)
    mask = ((places >= 1) & (places <= flat[:, None])).long()
    first = torch.nn.functional.one_hot(torch.zeros_like(flat), longest - 1).to(policy.dtype)
    inputs = {
        "input_ids": torch.zeros_like(mask),
        "attention_mask": (places <= flat[:, None]).long(),
        "completion_mask": mask,
        "ref_chosen_logps": reference[0],
        "ref_rejected_logps": reference[1],
    }
    model = _Recited(policy.flatten()[:, None] * first)
    return _Trainer(model, loss_type, beta, label_smoothing, precomputed=True).loss(inputs)


def of_model(model, pairs: list[dict], loss_type: str, beta: float) -> tuple[torch.Tensor, dict[str, float]]:
    """Loss and metrics of pairs {prompt_ids, chosen_ids, rejected_ids} in one padded batch.

    TRL's `add_fused_lm_head` has to have been called on the base model."""
    model.train()
    return _Trainer(model, loss_type, beta, 0.0, precomputed=False).loss(DataCollatorForPreference(0)(pairs))
