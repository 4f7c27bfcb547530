// Log-probabilities of chosen tokens without the [tokens, vocabulary] matrix; AdamW; drawing tokens.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "guard.h"
#include "kernels.h"
#include "matmul.h"
#include "parallel.h"

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace ct {
namespace {

// d log p(y) / d logits = onehot(y) - softmax, so d log p(y) / d hidden = head[y] - softmax head: one [D] vector a token,
// computed along the way. Whatever the objective makes of log p, its gradient is a multiple of that vector.
struct TokenLogprobs : Function<TokenLogprobs> {
  static Tensor forward(
      AutogradContext *ctx, const Tensor &hidden_, const Tensor &head, const Tensor &targets_, double cap, int64_t chunk,
      bool wants_gradient) {
    const Tensor hidden = hidden_.contiguous(), targets = targets_.to(at::kLong).contiguous();
    const int64_t n = hidden.size(0), v = head.size(0);
    Tensor result = at::empty({n}, hidden.options().dtype(at::kFloat));
    Tensor directions = wants_gradient ? at::empty_like(hidden) : Tensor();
    for (int64_t start = 0; start < n; start += chunk) {
      const int64_t rows = std::min(chunk, n - start);
      Tensor logits = times_transposed(hidden.narrow(0, start, rows), head).to(at::kFloat);
      const Tensor target = targets.narrow(0, start, rows);
      if (fused(hidden)) {
        float *lp = logits.mutable_data_ptr<float>(), *out = result.mutable_data_ptr<float>() + start;
        const int64_t *tp = target.const_data_ptr<int64_t>();
        Tensor slope = at::ones({rows}, result.options());
        float *sp = slope.mutable_data_ptr<float>();
        parallel_ranges(rows, 1, [&](int64_t b, int64_t e) {
          kernels().log_prob(lp + b * v, e - b, v, tp + b, static_cast<float>(cap), wants_gradient, out + b, sp + b);
        });
        if (!wants_gradient) continue;
        const Tensor pulled = times_transposed(logits.to(hidden.scalar_type()), head.t());
        Tensor toward = head.index_select(0, target);
        if (cap > 0) toward = toward * slope.unsqueeze(1).to(hidden.scalar_type());
        at::Tensor into = directions.narrow(0, start, rows);
        at::sub_out(into, toward, pulled);
      } else {
        Tensor slope;
        if (cap > 0) {
          const Tensor t = (logits / cap).tanh();
          slope = 1.0 - t.square();
          logits = t * cap;
        }
        const Tensor all = at::log_softmax(logits, 1);
        result.narrow(0, start, rows).copy_(all.gather(1, target.unsqueeze(1)).squeeze(1));
        if (!wants_gradient) continue;
        Tensor d = -all.exp();
        d.scatter_add_(1, target.unsqueeze(1), at::ones({rows, 1}, d.options()));
        if (cap > 0) d.mul_(slope);
        directions.narrow(0, start, rows).copy_(times_transposed(d.to(hidden.scalar_type()), head.t()));
      }
    }
    if (wants_gradient) ctx->save_for_backward({directions});
    return result;
  }

  static variable_list backward(AutogradContext *ctx, variable_list g) {
    const Tensor directions = ctx->get_saved_variables()[0];
    variable_list result(6);
    result[0] = (directions * g[0].unsqueeze(1)).to(directions.scalar_type());
    return result;
  }
};

// The same where the head learns too. Its gradient needs what the objective makes of each log p, known only on the way back:
// logits are computed once more there, a chunk at a time, so that they never exist whole here either.
struct LearningHead : Function<LearningHead> {
  static Tensor logits(const Tensor &hidden, const Tensor &head, double cap, int64_t start, int64_t rows) {
    const Tensor plain = times_transposed(hidden.narrow(0, start, rows), head).to(at::kFloat);
    return cap > 0 ? (plain / cap).tanh_().mul_(cap) : plain;
  }

  static Tensor forward(
      AutogradContext *ctx, const Tensor &hidden_, const Tensor &head, const Tensor &targets_, double cap, int64_t chunk) {
    const Tensor hidden = hidden_.contiguous(), targets = targets_.to(at::kLong).contiguous();
    Tensor result = at::empty({hidden.size(0)}, hidden.options().dtype(at::kFloat));
    for (int64_t start = 0; start < hidden.size(0); start += chunk) {
      const int64_t rows = std::min(chunk, hidden.size(0) - start);
      const Tensor all = logits(hidden, head, cap, start, rows);
      const Tensor picked = all.gather(1, targets.narrow(0, start, rows).unsqueeze(1)).squeeze(1);
      result.narrow(0, start, rows).copy_(picked - all.logsumexp(1));
    }
    ctx->save_for_backward({hidden, head, targets});
    ctx->saved_data["cap"] = cap;
    ctx->saved_data["chunk"] = chunk;
    return result;
  }

  static variable_list backward(AutogradContext *ctx, variable_list g) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &hidden = saved[0], &head = saved[1], &targets = saved[2];
    const double cap = ctx->saved_data["cap"].toDouble();
    const int64_t chunk = ctx->saved_data["chunk"].toInt();
    Tensor dhidden = at::empty_like(hidden), dhead = at::zeros(head.sizes(), head.options().dtype(at::kFloat));
    for (int64_t start = 0; start < hidden.size(0); start += chunk) {
      const int64_t rows = std::min(chunk, hidden.size(0) - start);
      const Tensor all = logits(hidden, head, cap, start, rows), weight = g[0].narrow(0, start, rows).unsqueeze(1);
      Tensor d = at::softmax(all, 1).neg_();
      d.scatter_add_(1, targets.narrow(0, start, rows).unsqueeze(1), at::ones({rows, 1}, d.options()));
      if (cap > 0) d.mul_(1.0 - (all / cap).square());
      d = d.mul_(weight).to(hidden.scalar_type());
      dhidden.narrow(0, start, rows).copy_(times_transposed(d, head.t()));
      dhead.add_(times_transposed(d.t().contiguous(), hidden.narrow(0, start, rows).t()));
    }
    return {dhidden, dhead.to(head.scalar_type()), Tensor(), Tensor(), Tensor()};
  }
};

// Sorted thresholds of top-k and top-p: the least weight that is kept.
float least_kept(const float *e, int64_t count, double total, int64_t top_k, double top_p) {
  float least = 0;
  double kept_total = total;
  std::vector<float> best;
  auto take = [&](int64_t n) {
    best.assign(e, e + count);
    n = std::min(n, count);
    std::nth_element(best.begin(), best.begin() + (n - 1), best.end(), std::greater<float>());
    best.resize(static_cast<size_t>(n));
  };
  if (top_k > 0 && top_k < count) {
    take(top_k);
    least = *std::min_element(best.begin(), best.end());
    kept_total = 0;
    for (int64_t i = 0; i < count; i++)
      if (e[i] >= least) kept_total += e[i];
  }
  if (top_p < 1) {
    for (int64_t n = 64;; n *= 8) {
      take(n);
      std::sort(best.begin(), best.end(), std::greater<float>());
      double reached = 0;
      for (const float weight : best) {
        if (weight < least) return least;
        reached += weight;
        if (reached >= top_p * kept_total) return weight;
      }
      if (n >= count) return least;
    }
  }
  return least;
}

}  // namespace
}  // namespace ct

extern "C" {

ct_tensor ct_token_logprobs(ct_tensor hidden_, ct_tensor head_, ct_tensor targets_, double cap, int64_t chunk) {
  return ct::make([&] {
    const Tensor &hidden = ct::read(hidden_), &head = ct::read(head_), &targets = ct::read(targets_);
    TORCH_CHECK(
        hidden.dim() == 2 && head.dim() == 2 && hidden.size(1) == head.size(1) && targets.dim() == 1 &&
            targets.size(0) == hidden.size(0) && chunk > 0,
        "token_logprobs: hidden is ", hidden.sizes(), ", head is ", head.sizes(), ", targets are ", targets.sizes());
    if (targets.numel() > 0) {
      const auto [least, most] = at::aminmax(targets);
      TORCH_CHECK(
          least.item<int64_t>() >= 0 && most.item<int64_t>() < head.size(0), "token_logprobs: a target is outside the vocabulary of ",
          head.size(0));
    }
    if (at::GradMode::is_enabled() && head.requires_grad()) {
      return ct::LearningHead::apply(hidden, head, targets, cap, chunk);
    }
    const bool wants_gradient = at::GradMode::is_enabled() && hidden.requires_grad();
    return ct::TokenLogprobs::apply(hidden, head, targets, cap, chunk, wants_gradient);
  });
}

ct_status ct_adamw(
    ct_tensor parameters, ct_tensor gradients, ct_tensor m_, ct_tensor v_, double lr, double beta1, double beta2,
    double epsilon, double weight_decay, int64_t step, double gradient_scale) {
  return ct::act([&] {
    at::NoGradGuard quiet;
    Tensor p = ct::read(parameters).detach(), g = ct::read(gradients), m = ct::read(m_), v = ct::read(v_);
    if (gradient_scale != 1.0) g = g * gradient_scale;
    p.mul_(1.0 - lr * weight_decay);
    m.lerp_(g, 1.0 - beta1);
    v.mul_(beta2).addcmul_(g, g, 1.0 - beta2);
    const double c1 = 1.0 - std::pow(beta1, static_cast<double>(step)), c2 = 1.0 - std::pow(beta2, static_cast<double>(step));
    p.addcdiv_(m, (v.sqrt() / std::sqrt(c2)).add_(epsilon), -lr / c1);
  });
}

ct_status ct_sample(
    ct_tensor logits_, const double *uniform, double temperature, int64_t top_k, double top_p, int32_t *ids, float *logprobs) {
  return ct::act([&] {
    at::NoGradGuard quiet;
    const Tensor logits = ct::read(logits_).to(at::kCPU, at::kFloat).contiguous();
    TORCH_CHECK(logits.dim() == 2 && logits.size(1) > 0, "sample: logits are ", logits.sizes());
    const int64_t v = logits.size(1);
    const float *all = logits.const_data_ptr<float>();
    ct::parallel(logits.size(0), [&](int64_t b) {
      const float *x = all + b * v;
      static thread_local std::vector<float> e;
      e.resize(static_cast<size_t>(v));
      double total = 0;
      const float maximum = ct::kernels().exponentials(x, e.data(), v, 1.0f, &total);
      TORCH_CHECK(std::isfinite(maximum) && std::isfinite(total), "sample: the logits of row ", b, " are not finite");
      const double log_total = std::log(total);
      int64_t chosen = 0;
      if (temperature <= 0) {
        chosen = std::max_element(x, x + v) - x;
      } else {
        if (temperature != 1.0) ct::kernels().exponentials(x, e.data(), v, static_cast<float>(1.0 / temperature), &total);
        const bool cut = (top_k > 0 && top_k < v) || top_p < 1;
        const float least = cut ? ct::least_kept(e.data(), v, total, top_k, top_p) : 0.0f;
        double kept = 0;
        for (int64_t i = 0; i < v; i++)
          if (e[i] >= least) kept += e[i];
        const double goal = uniform[b] * kept;
        double reached = 0;
        chosen = -1;
        for (int64_t i = 0; i < v; i++) {
          if (e[i] < least || e[i] == 0) continue;
          reached += e[i];
          chosen = i;
          if (reached > goal) break;
        }
      }
      ids[b] = static_cast<int32_t>(chosen);
      logprobs[b] = static_cast<float>(static_cast<double>(x[chosen]) - maximum - log_total);
    });
  });
}

}  // extern "C"
